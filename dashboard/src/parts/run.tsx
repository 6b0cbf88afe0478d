import type { Topology } from '../../../path/src/ui/model.ts';
import type { RunView, StepView } from '../run-view.ts';
import { duration, milliseconds, moment } from '../words.ts';
import { Line } from './line.tsx';
import { Pods } from './topology.tsx';

/** The path as it is walked: each step's state, and what the measured requests see while pods are replaced. */
export function Run({ run, topology }: { readonly run: RunView; readonly topology: Topology | undefined }) {
  const { command, begun, ended, steps } = run;
  const state = ended === undefined ? 'is under way' : ended.ok ? 'is done' : 'has failed';
  return (
    <div className="run" data-state={ended === undefined ? 'running' : ended.ok ? 'done' : 'failed'}>
      <p role="status">
        <code>ptp {command}</code> of {moment(begun)} {state}
        {ended === undefined ? '' : ` (${duration((Date.parse(ended.at) - Date.parse(begun)) / 1000)})`}.
      </p>
      {ended?.problems.map((problem) => (
        <p key={problem} className="bad">
          {problem}
        </p>
      ))}
      <ol className="steps">
        {steps.map((step) => (
          <Step key={step.name} step={step} />
        ))}
      </ol>
      <Traffic run={run} topology={topology} />
    </div>
  );
}

const marks = { running: '◐', done: '●', failed: '✕' } as const;

function Step({ step: { name, state, text, seconds, tasks } }: { readonly step: StepView }) {
  return (
    <li className={state} data-step={name}>
      <span className="mark" aria-hidden="true">
        {marks[state]}
      </span>
      <span className="name">{name}</span>
      <span className="text">
        <span className="hidden">{state}: </span>
        {text}
        {Object.entries(tasks).map(([task, what]) => (
          <span key={task} className="task">
            {task}: {what}
          </span>
        ))}
      </span>
      <span className="number quiet">{seconds === undefined ? '' : duration(seconds)}</span>
    </li>
  );
}

function Traffic({
  run: { traffic },
  topology,
}: {
  readonly run: RunView;
  readonly topology: Topology | undefined;
}) {
  const last = traffic.at(-1);
  if (last === undefined) return null;
  const replaced =
    topology?.parts.filter(({ pods, wanted, kind }) => kind === 'component' && pods.length > wanted) ?? [];
  const slow = traffic.map(({ latency }) => latency?.p99 ?? 0);
  return (
    <section className="traffic" aria-label="Requests during the rollout">
      <dl className="figures">
        <Figure name="requests" value={String(last.requests)} />
        <Figure name="failed" value={String(last.failed)} tone={last.failed === 0 ? 'good' : 'bad'} />
        <Figure
          name="half answered within"
          value={last.latency === undefined ? '–' : milliseconds(last.latency.p50)}
        />
        <Figure
          name="99 of 100 within"
          value={last.latency === undefined ? '–' : milliseconds(last.latency.p99)}
        />
        <Figure name="each second" value={String(last.rate)} />
      </dl>
      <Line values={slow} label="99 of 100 requests answered within, over the rollout" />
      {replaced.map((part) => (
        <p key={part.name} className="replaced">
          <strong>{part.name}</strong> <Pods part={part} />
        </p>
      ))}
      {last.examples.slice(0, 3).map(({ at, request, what }) => (
        <p key={`${at}${request}`} className="bad small">
          after {at.toFixed(1)} s: {request}: {what}
        </p>
      ))}
    </section>
  );
}

/** A figure with its name below it. */
export function Figure({
  name,
  value,
  tone,
}: {
  readonly name: string;
  readonly value: string;
  readonly tone?: 'good' | 'bad';
}) {
  return (
    <div className={tone}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
