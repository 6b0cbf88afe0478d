import type { Answer } from '../../../path/src/core/answer.ts';
import { Prose } from './prose.tsx';

/** Every question of the exercise with its answer for this system. */
export function Questions({
  answers,
  open = false,
}: {
  readonly answers: readonly Answer[];
  readonly open?: boolean;
}) {
  const parts = [...new Set(answers.map(({ part }) => part))];
  return (
    <>
      {parts.map((part) => (
        <div key={part} className="part">
          <h3>{part}</h3>
          {answers
            .filter((one) => one.part === part)
            .map((answer) => (
              <Question key={answer.topic} answer={answer} open={open} />
            ))}
        </div>
      ))}
    </>
  );
}

function Question({ answer, open }: { readonly answer: Answer; readonly open: boolean }) {
  const { topic, question, choice, turnedDown, costs, decisions, facts } = answer;
  const wrong = facts.filter(({ ok }) => !ok).length;
  return (
    <details className="question" open={open} data-topic={topic}>
      <summary>
        {question} {wrong > 0 && <span className="pill warn">{wrong} to look at</span>}
      </summary>
      <p className="choice">
        <Prose text={choice} />
      </p>
      <dl className="facts">
        {facts.map(({ what, is, command, ok }) => (
          <div key={`${what} ${command}`} className={ok ? '' : 'wrong'}>
            <dt>
              {!ok && <span className="hidden">not as it should be: </span>}
              <Prose text={what} />
            </dt>
            <dd>
              <span className="is">
                <Prose text={is.length > 240 ? `${is.slice(0, 239)}…` : is} />
              </span>
              <code className="command">{command}</code>
            </dd>
          </div>
        ))}
      </dl>
      <p className="label">Turned down</p>
      <ul>
        {turnedDown.map(({ what, why }) => (
          <li key={what}>
            <strong>
              <Prose text={what} />
            </strong>
            : <Prose text={`${why}.`} />
          </li>
        ))}
      </ul>
      <p className="label">What it costs</p>
      <p>
        <Prose text={costs} />
      </p>
      <p className="quiet small">
        {decisions.map(({ number, title, file }, index) => (
          <span key={number}>
            {index > 0 && ' · '}
            <span title={file}>
              Decision {number}: {title}
            </span>
          </span>
        ))}
      </p>
    </details>
  );
}
