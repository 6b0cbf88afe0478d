import type { Topology, TopologyPart, TopologyPod } from '../../../path/src/ui/model.ts';
import type { Flow } from '../live-state.ts';
import { milliseconds, rate, size } from '../words.ts';
import { Scroll } from './scroll.tsx';

interface Props {
  readonly topology: Topology;
  readonly flows?: Readonly<Record<string, Flow>>;
}

const states: Readonly<Record<TopologyPod['state'], string>> = {
  ready: 'ready',
  starting: 'starting',
  'not-ready': 'not ready',
  leaving: 'leaving',
  failed: 'failing',
};

/** The parts of the system from the door inwards: a drawing, and the same as a table. */
export function TopologyView({ topology, flows: live }: Props) {
  const flows = live ?? {};
  const inside = topology.parts.filter(({ kind }) => kind !== 'door');
  return (
    <>
      <Drawing topology={topology} flows={flows} across />
      <Drawing topology={topology} flows={flows} across={false} />
      <Scroll label="Table of parts">
        <table>
          <thead>
            <tr>
              <th scope="col">Part</th>
              <th scope="col">Pods</th>
              <th scope="col" className="number">
                {live === undefined ? 'Requests' : 'Requests/s'}
              </th>
              <th scope="col" className="number">
                Answered in
              </th>
              <th scope="col" className="number">
                Memory
              </th>
              <th scope="col" className="number">
                Restarts
              </th>
            </tr>
          </thead>
          <tbody>
            {inside.map((part) => (
              <Row key={part.name} part={part} flow={flows[part.name]} live={live !== undefined} />
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function Row({
  part,
  flow,
  live,
}: {
  readonly part: TopologyPart;
  readonly flow: Flow | undefined;
  readonly live: boolean;
}) {
  const { name, text, requests, usage, restarts } = part;
  const mean =
    flow?.mean ??
    (flow === undefined && requests !== undefined && requests.total > 0
      ? (requests.seconds / requests.total) * 1000
      : undefined);
  return (
    <tr data-part={name}>
      <th scope="row">
        {name} <span className="quiet what">{text}</span>
      </th>
      <td>
        <Pods part={part} />
      </td>
      <td className="number">
        {live ? (flow === undefined ? '–' : rate(flow.rate)) : (requests?.total ?? '–')}
      </td>
      <td className="number">{mean === undefined ? '–' : milliseconds(mean)}</td>
      <td className="number">{usage === undefined || usage.memory === 0 ? '–' : size(usage.memory)}</td>
      <td className="number">{restarts}</td>
    </tr>
  );
}

/** The pods of a part, one mark each; pods of another version than the wanted one are hollow. */
export function Pods({ part: { pods, digest, ready, wanted } }: { readonly part: TopologyPart }) {
  return (
    <span className="pods">
      {pods.map((pod) => (
        <span
          key={pod.name}
          className={`pod ${pod.state}${pod.digest === digest ? '' : ' old'}`}
          title={`${pod.name}: ${states[pod.state]}${pod.digest === digest ? '' : ', of the version before'}`}
          aria-hidden="true"
        />
      ))}
      <span>
        {ready} of {wanted} ready
        {pods.length > wanted ? `, ${pods.length - wanted} more while replaced` : ''}
      </span>
    </span>
  );
}

interface Placed {
  readonly part: TopologyPart;
  readonly x: number;
  readonly y: number;
}

const box = { width: 164, height: 68 };

/** A drawing of boxes and lines; from left to right, or from top to bottom for narrow screens. */
function Drawing({ topology, flows, across }: Required<Props> & { readonly across: boolean }) {
  const { placed, width, height } = layout(topology, across);
  const at = (name: string) => placed.find(({ part }) => part.name === name);
  const summary = topology.links.map(({ from, to }) => `${from} to ${to}`).join(', ');
  return (
    <svg
      className={`drawing ${across ? 'across' : 'down'}`}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Who talks to whom: ${summary}`}
    >
      {topology.links.map(({ from, to, text }) => {
        const [a, b] = [at(from), at(to)];
        if (a === undefined || b === undefined) return null;
        const flow = flows[to];
        const start = across
          ? { x: a.x + box.width, y: a.y + box.height / 2 }
          : { x: a.x + box.width / 2, y: a.y + box.height };
        const end = across ? { x: b.x, y: b.y + box.height / 2 } : { x: b.x + box.width / 2, y: b.y };
        const middle = across ? (start.x + end.x) / 2 : (start.y + end.y) / 2;
        const path = across
          ? `M${start.x} ${start.y} C${middle} ${start.y} ${middle} ${end.y} ${end.x} ${end.y}`
          : `M${start.x} ${start.y} C${start.x} ${middle} ${end.x} ${middle} ${end.x} ${end.y}`;
        return (
          <g key={`${from} ${to}`}>
            <path
              className={`link${(flow?.rate ?? 0) > 0.2 ? ' flowing' : ''}${(flow?.failing ?? 0) > 0 ? ' failing' : ''}`}
              d={path}
            />
            {across && (
              <text
                className="small quiet halo"
                x={(start.x + end.x) / 2}
                y={(start.y + end.y) / 2 + 4}
                textAnchor="middle"
              >
                {text}
              </text>
            )}
          </g>
        );
      })}
      {placed.map(({ part, x, y }) => (
        <Box key={part.name} part={part} x={x} y={y} flow={flows[part.name]} />
      ))}
    </svg>
  );
}

function Box({ part, x, y, flow }: Placed & { readonly flow: Flow | undefined }) {
  const { name, kind, text, ready, wanted, pods, digest } = part;
  const well = ready >= wanted && wanted > 0;
  const line =
    flow === undefined
      ? text
      : `${rate(flow.rate)}/s${flow.mean === undefined ? '' : ` · ${milliseconds(flow.mean)}`}`;
  return (
    <g className={`box ${kind}${well ? '' : ' trouble'}`} transform={`translate(${x} ${y})`}>
      <rect width={box.width} height={box.height} rx="10" />
      <text x="16" y="28" className="name">
        {name}
      </text>
      <text x="16" y="49" className="small quiet">
        {line.length > 22 ? `${line.slice(0, 21)}…` : line}
      </text>
      {pods.slice(0, 6).map((pod, index) => (
        <circle
          key={pod.name}
          className={`pod ${pod.state}${pod.digest === digest ? '' : ' old'}`}
          cx={box.width - 18 - index * 14}
          cy="23"
          r="4.5"
        />
      ))}
    </g>
  );
}

function layout({ parts, links }: Topology, across: boolean) {
  const depth = new Map<string, number>([['users', 0]]);
  // As deep as the longest way to it, so that lines lead one way.
  for (let round = 0; round < parts.length; round += 1)
    for (const { from, to } of links)
      depth.set(to, Math.max(depth.get(to) ?? 0, Math.min((depth.get(from) ?? 0) + 1, parts.length)));
  const layers: TopologyPart[][] = [];
  for (const part of parts) {
    const layer = depth.get(part.name) ?? 1;
    layers[layer] = [...(layers[layer] ?? []), part];
  }
  const filled = layers.filter((layer) => layer !== undefined);
  const most = Math.max(...filled.map((layer) => layer.length));
  const gap = across ? { along: 72, beside: 24 } : { along: 34, beside: 16 };
  const along = (across ? box.width : box.height) + gap.along;
  const beside = (across ? box.height : box.width) + gap.beside;
  const placed = filled.flatMap((layer, index) =>
    layer.map((part, row): Placed => {
      const main = index * along + 2;
      const cross = ((most - layer.length) / 2 + row) * beside + 2;
      return across ? { part, x: main, y: cross } : { part, x: cross, y: main };
    }),
  );
  const length = filled.length * along - gap.along + 4;
  const breadth = most * beside - gap.beside + 4;
  return { placed, width: across ? length : breadth, height: across ? breadth : length };
}
