import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import type { PageModel } from '../../path/src/ui/model.ts';
import { Cost } from './parts/cost.tsx';
import { Decisions } from './parts/decisions.tsx';
import { Drills } from './parts/drills.tsx';
import { Evidence } from './parts/evidence.tsx';
import { Health } from './parts/health.tsx';
import { Questions } from './parts/questions.tsx';
import { Releases } from './parts/releases.tsx';
import { Figure } from './parts/run.tsx';
import { TopologyView } from './parts/topology.tsx';
import { count, daysBetween, duration, moment, size } from './words.ts';

/** The body of the report: the page's components, with everything open and nothing to press. */
export function render(model: PageModel): string {
  return renderToStaticMarkup(<Report model={model} />);
}

const sections = [
  ['topology', 'The system'],
  ['promises', 'What is promised'],
  ['path', 'The path'],
  ['questions', 'Questions and answers'],
  ['releases', 'Releases'],
  ['evidence', 'Evidence'],
  ['drills', 'Drills'],
  ['cost', 'Cost'],
  ['decisions', 'Decisions'],
] as const;

/** The steps of `ptp up`, for readers who have never seen one, and what is there of each. */
const path: readonly (readonly [name: string, what: string, here?: (model: PageModel) => string])[] = [
  [
    'image',
    'Each component becomes an image, from its sources and signed Debian packages, the same byte by byte on any machine.',
    ({ images }) =>
      `${count(images.length, 'image')}, ${size(images.flatMap(({ found }) => found?.layers ?? []).reduce((sum, one) => sum + one, 0))} compressed`,
  ],
  ['inspect', 'Known vulnerabilities and credentials are looked for before anybody gets an image.'],
  [
    'registry',
    'What the registry lacks is pushed. A tag is for people; all that follows names digests.',
    ({ images }) => images[0]?.reference.replace(/\/[^/]*$/, '') ?? '',
  ],
  [
    'evidence',
    'Images, where they come from and what is in them are signed.',
    ({ images }) =>
      `${images.reduce((sum, { attached }) => sum + attached.length, 0)} signed documents beside ${count(images.length, 'image')}`,
  ],
  [
    'cluster',
    'Kubernetes is started or found, and checked.',
    ({ system }) => `${system.cluster} (${system.provider}), Kubernetes ${system.version}`,
  ],
  ['admission', 'From here on the cluster refuses every image that is of no recorded, signed release.'],
  [
    'services',
    'Databases come up, with credentials made on the spot and a volume that outlives them.',
    ({ topology }) => readyOf(topology, 'service'),
  ],
  [
    'deploy',
    'Migrations run from the new image; then new pods serve before old ones go.',
    ({ topology }) => readyOf(topology, 'component'),
  ],
  [
    'route',
    'A certificate, a gateway and routes lead users to the one component that is public.',
    ({ system }) => system.url,
  ],
  ['prove', 'What users will ask is asked through the public address.'],
  [
    'traffic',
    'Requests go through all the while pods are replaced, and decide whether the release stays.',
    ({ releases }) => {
      const last = releases.find(({ traffic }) => traffic !== undefined);
      return last?.traffic === undefined
        ? ''
        : `release ${last.number}: ${last.traffic.requests} requests, ${last.traffic.failed} failed`;
    },
  ],
];

function readyOf({ parts }: PageModel['topology'], wanted: 'component' | 'service'): string {
  return parts
    .filter(({ kind }) => kind === wanted)
    .map(({ name, ready, wanted: copies }) => `${name} ${ready} of ${copies}`)
    .join(', ');
}

function Report({ model }: { readonly model: PageModel }) {
  const {
    system,
    taken,
    topology,
    releases,
    answers,
    images,
    certificates,
    drills,
    cost,
    decisions,
    problems,
  } = model;
  const serving = releases.find(({ current }) => current);
  const measured = releases.filter(({ state, traffic }) => state === 'serving' && traffic !== undefined);
  const takenBack = releases.filter(({ state }) => state === 'failed').length;
  const [first] = certificates.filter(({ authority }) => !authority);
  const asked = measured.reduce((all, { traffic }) => all + (traffic?.requests ?? 0), 0);
  const failed = measured.reduce((all, { traffic }) => all + (traffic?.failed ?? 0), 0);
  return (
    <div className="report">
      <header>
        <p className="quiet small">Path to production, as of {moment(taken)}</p>
        <h1>{system.name}</h1>
        <p className="lead">
          {count(topology.parts.filter(({ kind }) => kind === 'component').length, 'component')} and{' '}
          {count(topology.parts.filter(({ kind }) => kind === 'service').length, 'service')}, carried from
          source code to <a href={system.url}>{system.url}</a> on Kubernetes {system.version}.
        </p>
        <dl className="figures">
          <Figure
            name="release that serves"
            value={serving === undefined ? 'none' : String(serving.number)}
          />
          {measured.length > 0 && (
            <>
              <Figure name="requests during rollouts" value={String(asked)} />
              <Figure name="of them failed" value={String(failed)} tone={failed === 0 ? 'good' : 'bad'} />
            </>
          )}
          {takenBack > 0 && <Figure name="releases taken back" value={String(takenBack)} />}
          {first !== undefined && (
            <Figure name="days of the certificate left" value={String(daysBetween(taken, first.until))} />
          )}
          {cost.month !== undefined && (
            <Figure
              name={`${cost.currency} a month${system.provider === 'local' ? ', were it rented' : ''}`}
              value={cost.month.toFixed(0)}
            />
          )}
        </dl>
        <nav aria-label="Sections">
          <ol className="contents">
            {sections
              .filter(([id]) => id !== 'promises' || model.health !== undefined)
              .map(([id, title]) => (
                <li key={id}>
                  <a href={`#${id}`}>{title}</a>
                </li>
              ))}
          </ol>
        </nav>
      </header>
      <main>
        <Section
          id="topology"
          lead="Who talks to whom follows from ptp.yaml; the network lets nothing else through."
        >
          <TopologyView topology={topology} />
          {problems.map(({ what, next }) => (
            <p key={what} className="notice">
              {what} {next}
            </p>
          ))}
        </Section>
        {model.health !== undefined && (
          <Section id="promises" lead="Measured at the door, where users come in; what is missed is told.">
            <Health health={model.health} />
          </Section>
        )}
        <Section id="path" lead="One command, ptp up, walks all of it, and does only what differs.">
          {serving !== undefined && (
            <p>
              Last walked to its end {moment(serving.begun)} by {serving.by}
              {serving.seconds === undefined ? '' : `, in ${duration(serving.seconds)}`}: release{' '}
              {serving.number}
              {serving.source === undefined
                ? ''
                : `, from commit ${serving.source.commit.slice(0, 12)}${serving.source.clean ? '' : ' and changes'}`}
              .
            </p>
          )}
          <ol className="steps">
            {path.map(([name, what, here]) => (
              <li key={name} className="done">
                <span className="mark" aria-hidden="true">
                  ●
                </span>
                <span className="name">{name}</span>
                <span className="text">
                  {what}
                  {here !== undefined && here(model) !== '' && (
                    <span className="task">Here: {here(model)}</span>
                  )}
                </span>
              </li>
            ))}
          </ol>
        </Section>
        <Section
          id="questions"
          lead="What the exercise asks, answered for this system; each fact with the command that shows it."
        >
          <Questions answers={answers} open />
        </Section>
        <Section id="releases" lead="Each change is planned, recorded and can be undone.">
          <Releases releases={releases} open />
        </Section>
        <Section id="evidence" lead="What proves that what runs is what was meant.">
          <Evidence images={images} certificates={certificates} taken={taken} />
        </Section>
        <Section id="drills" lead="What is practised before it is needed.">
          <Drills drills={drills} />
        </Section>
        <Section id="cost" lead="What it takes to run, and what would take less.">
          <Cost cost={cost} />
        </Section>
        <Section id="decisions" lead="Why it is as it is.">
          <Decisions decisions={decisions} />
        </Section>
      </main>
      <footer className="quiet small">
        Written by <code>ptp report</code> from the live system; <code>ptp ui</code> shows it as it happens.
      </footer>
    </div>
  );
}

function Section({
  id,
  lead,
  children,
}: {
  readonly id: (typeof sections)[number][0];
  readonly lead: string;
  readonly children: ReactNode;
}) {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{sections.find(([one]) => one === id)?.[1]}</h2>
      <p className="lead quiet">{lead}</p>
      {children}
    </section>
  );
}
