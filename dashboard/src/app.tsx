import { useCallback, useEffect, useMemo, useReducer, useState } from 'react';
import type { LiveEvents, PageModel } from '../../path/src/ui/model.ts';
import type { Client } from './client.ts';
import { type LiveState, nothingYet, withEvent } from './live-state.ts';
import { Cost } from './parts/cost.tsx';
import { Decisions } from './parts/decisions.tsx';
import { Drills } from './parts/drills.tsx';
import { Evidence } from './parts/evidence.tsx';
import { Health } from './parts/health.tsx';
import { Line } from './parts/line.tsx';
import { Logs } from './parts/logs.tsx';
import { Questions } from './parts/questions.tsx';
import { Releases } from './parts/releases.tsx';
import { Run } from './parts/run.tsx';
import { TopologyView } from './parts/topology.tsx';
import { rate } from './words.ts';

const views = {
  now: 'Now',
  releases: 'Releases',
  questions: 'Questions',
  evidence: 'Evidence',
  drills: 'Drills',
  cost: 'Cost',
  logs: 'Logs',
  decisions: 'Decisions',
} as const;
type View = keyof typeof views;

type Happened = {
  readonly [Name in keyof LiveEvents]: { readonly name: Name; readonly data: LiveEvents[Name] };
}[keyof LiveEvents];

/** The page: what is so now, as it changes, and what was asked for. */
export function App({ client }: { readonly client: Client }) {
  const [live, happened] = useReducer(
    (state: LiveState, { name, data }: Happened) => withEvent(state, name, data, performance.now()),
    nothingYet,
  );
  const [model, setModel] = useState<PageModel>();
  const [wrong, setWrong] = useState('');
  const view = useView();
  useEffect(() => {
    const ended = new AbortController();
    client.live((name, data) => happened({ name, data } as Happened), ended.signal);
    return () => ended.abort();
  }, [client]);
  const look = useCallback(() => {
    client.page().then(
      (found) => {
        setModel(found);
        setWrong('');
      },
      (error: unknown) => setWrong(error instanceof Error ? error.message : String(error)),
    );
  }, [client]);
  const serving = live.releases?.find(({ current }) => current)?.number;
  // A release that serves changes the answers.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is what the answers follow
  useEffect(look, [look, serving]);
  const topology = live.topology ?? model?.topology;
  const releases = live.releases ?? model?.releases;
  const parts = useMemo(
    () => (topology?.parts ?? []).filter(({ kind }) => kind !== 'door').map(({ name }) => name),
    [topology],
  );
  return (
    <>
      <a className="skip" href="#content">
        To the content
      </a>
      <Header model={model} live={live} serving={serving} />
      <nav aria-label="Views">
        <ul>
          {Object.entries(views).map(([name, title]) => (
            <li key={name}>
              <a href={`#${name}`} aria-current={view === name ? 'page' : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main id="content" tabIndex={-1}>
        {(live.trouble !== '' || wrong !== '') && (
          <p className="notice" role="alert">
            {live.trouble || wrong}
          </p>
        )}
        <h2 className={view === 'now' ? 'hidden' : undefined}>{views[view]}</h2>
        <Content
          view={view}
          live={live}
          model={model}
          topology={topology}
          releases={releases}
          parts={parts}
          client={client}
        />
        {model !== undefined && view !== 'now' && view !== 'logs' && (
          <p className="quiet small">
            As of {model.taken.slice(0, 19).replace('T', ' ')} UTC.{' '}
            <button type="button" className="plain" onClick={look}>
              Look again
            </button>
          </p>
        )}
      </main>
    </>
  );
}

interface ContentProps {
  readonly view: View;
  readonly live: LiveState;
  readonly model: PageModel | undefined;
  readonly topology: PageModel['topology'] | undefined;
  readonly releases: PageModel['releases'] | undefined;
  readonly parts: readonly string[];
  readonly client: Client;
}

function Content({ view, live, model, topology, releases, parts, client }: ContentProps) {
  const waiting = <p className="quiet">Looking…</p>;
  switch (view) {
    case 'now':
      return (
        <>
          {topology === undefined ? waiting : <TopologyView topology={topology} flows={live.flows} />}
          {live.history.some((value) => value > 0) && (
            <figure>
              <Line values={live.history} label="Requests a second at the way in" />
              <figcaption className="quiet small">
                Requests a second at the way in, over the last{' '}
                {Math.round((live.history.length * 2) / 60) || 1} min; now {rate(live.history.at(-1) ?? 0)}
              </figcaption>
            </figure>
          )}
          {model?.health !== undefined && (
            <section aria-labelledby="promises">
              <h3 id="promises">What is promised</h3>
              <Health health={model.health} />
            </section>
          )}
          {model?.problems.map(({ what, next }) => (
            <p key={what} className="notice">
              {what} {next !== undefined && <span className="quiet">{next}</span>}
            </p>
          ))}
          {live.run !== undefined && (
            <section aria-labelledby="run">
              <h3 id="run">The path, as it was last walked</h3>
              <Run run={live.run} topology={topology} />
            </section>
          )}
        </>
      );
    case 'releases':
      return releases === undefined ? (
        waiting
      ) : (
        <>
          {live.run !== undefined && live.run.ended === undefined && (
            <Run run={live.run} topology={topology} />
          )}
          <Releases releases={releases} rollback={client} />
        </>
      );
    case 'logs':
      return parts.length === 0 ? waiting : <Logs parts={parts} logs={client.logs} />;
    default:
      return model === undefined ? waiting : <Asked view={view} model={model} />;
  }
}

function Asked({ view, model }: { readonly view: View; readonly model: PageModel }) {
  switch (view) {
    case 'questions':
      return <Questions answers={model.answers} />;
    case 'evidence':
      return <Evidence images={model.images} certificates={model.certificates} taken={model.taken} />;
    case 'drills':
      return <Drills drills={model.drills} />;
    case 'cost':
      return <Cost cost={model.cost} />;
    default:
      return <Decisions decisions={model.decisions} />;
  }
}

function Header({
  model,
  live,
  serving,
}: {
  readonly model: PageModel | undefined;
  readonly live: LiveState;
  readonly serving: number | undefined;
}) {
  const parts = (live.topology ?? model?.topology)?.parts ?? [];
  const lacking = parts.filter(({ ready, wanted }) => ready < wanted || wanted === 0);
  const running = live.run !== undefined && live.run.ended === undefined;
  const [tone, words] =
    parts.length === 0
      ? (['', 'looking'] as const)
      : lacking.length > 0
        ? (['bad', `${lacking.map(({ name }) => name).join(', ')} not complete`] as const)
        : running
          ? (['warn', 'changing'] as const)
          : (['good', 'all parts serve'] as const);
  return (
    <header>
      <h1>{model?.system.name ?? 'Path to production'}</h1>
      <p className="state" role="status">
        <span className={`pill ${tone}`}>{words}</span>
        {serving !== undefined && <span>release {serving}</span>}
      </p>
      {model !== undefined && (
        <p className="quiet small where">
          <a href={model.system.url}>{model.system.url}</a> · target {model.system.target} ·{' '}
          {model.system.cluster} · Kubernetes {model.system.version}
        </p>
      )}
    </header>
  );
}

function useView(): View {
  const read = () => {
    const name = location.hash.slice(1);
    return name in views ? (name as View) : 'now';
  };
  const [view, setView] = useState<View>(read);
  useEffect(() => {
    const changed = () => setView(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  });
  return view;
}
