import { useRef, useState } from 'react';
import type { PastRelease } from '../../../path/src/cli/actions.ts';
import type { PlannedChange } from '../../../path/src/core/event.ts';
import type { ReleaseDiff } from '../../../path/src/ui/model.ts';
import { duration, milliseconds, moment, short } from '../words.ts';
import { Scroll } from './scroll.tsx';

/** How the page goes back to a release; absent in the report, where nothing can be done. */
export interface Rollback {
  diff(from: number, to: number): Promise<ReleaseDiff>;
  rollback(to: number): Promise<void>;
}

/** Every release, the newest first, with what it changed and what requests saw of it. */
export function Releases({
  releases,
  rollback,
  open = false,
}: {
  readonly releases: readonly PastRelease[];
  readonly rollback?: Rollback;
  readonly open?: boolean;
}) {
  const serving = releases.find(({ current }) => current);
  if (releases.length === 0) return <p className="quiet">Nothing was released yet.</p>;
  return (
    <ol className="releases">
      {releases.map((release) => (
        <li
          key={release.number}
          data-release={release.number}
          className={release.current ? 'current' : release.state}
        >
          <Head release={release} />
          <Facts release={release} />
          <details open={open && release.changes.length > 0 && release.changes.length < 12}>
            <summary>
              What it changed (
              {release.changes.length === 0 ? 'all was new, or nothing' : release.changes.length})
            </summary>
            <Changes changes={release.changes} />
          </details>
          {rollback !== undefined &&
            serving !== undefined &&
            release.state === 'serving' &&
            !release.current && <Back release={release} serving={serving.number} rollback={rollback} />}
        </li>
      ))}
    </ol>
  );
}

function Head({
  release: { number, state, current, begun, seconds, by, source, backTo },
}: {
  readonly release: PastRelease;
}) {
  const words = current
    ? 'serves'
    : { serving: 'served', rolling: 'is being rolled out', failed: 'failed, and was taken back' }[state];
  return (
    <h3>
      Release {number}{' '}
      <span className={`pill ${current ? 'good' : state === 'failed' ? 'bad' : ''}`}>{words}</span>
      <span className="meta">
        {moment(begun)} by {by}
        {seconds === undefined ? '' : `, in ${duration(seconds)}`}
        {source === undefined
          ? ''
          : `, from ${source.commit.slice(0, 12)}${source.clean ? '' : ' and changes'}`}
        {backTo === undefined ? '' : `, back to release ${backTo}`}
      </span>
    </h3>
  );
}

function Facts({
  release: { rolled, migrated, traffic, images, problems = [] },
}: {
  readonly release: PastRelease;
}) {
  return (
    <>
      {rolled.length > 0 && (
        <p>
          Replaced {rolled.join(', ')}
          {migrated.length === 0 ? '' : `; migrated ${migrated.join(', ')}`}.
        </p>
      )}
      {traffic !== undefined && (
        <p className={traffic.failed === 0 ? '' : 'bad'}>
          {traffic.requests} requests at {traffic.rate}/s while pods were replaced:{' '}
          {traffic.failed === 0 ? 'none failed' : `${traffic.failed} failed`}
          {traffic.latency === undefined ? '' : `; 99 of 100 within ${milliseconds(traffic.latency.p99)}`}
          {traffic.writes === undefined
            ? ''
            : `; ${traffic.writes.acknowledged} rows written, ${traffic.writes.missing} missing`}
          .
        </p>
      )}
      {problems.map(({ what }) => (
        <p key={what} className="bad">
          {what}
        </p>
      ))}
      <p className="quiet small">
        {images.map(({ name, digest }) => (
          <span key={name} className="image">
            {name} <code>{short(digest)}</code>{' '}
          </span>
        ))}
      </p>
    </>
  );
}

/** Changes of objects, field by field. */
export function Changes({
  changes,
}: {
  readonly changes: readonly Pick<PlannedChange, 'object' | 'change' | 'fields'>[];
}) {
  if (changes.length === 0) return <p className="quiet">Nothing.</p>;
  return (
    <ul className="changes">
      {changes.map(({ object, change, fields }) => (
        <li key={object}>
          <code>{object}</code> {change}
          {fields.map(({ path, before, after }) => (
            <div key={path} className="field">
              <code className="path">{path}</code>
              {before !== undefined && <del>{text(before)}</del>}
              {after !== undefined && <ins>{text(after)}</ins>}
            </div>
          ))}
        </li>
      ))}
    </ul>
  );
}

function text(value: unknown): string {
  const all = typeof value === 'string' ? value : JSON.stringify(value);
  return all.length > 160 ? `${all.slice(0, 159)}…` : all;
}

/** A button that asks first, and says what would change. */
function Back({
  release,
  serving,
  rollback,
}: {
  readonly release: PastRelease;
  readonly serving: number;
  readonly rollback: Rollback;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [diff, setDiff] = useState<ReleaseDiff>();
  const [state, setState] = useState<'asking' | 'going' | string>('asking');
  const ask = () => {
    setState('asking');
    setDiff(undefined);
    dialog.current?.showModal();
    rollback.diff(serving, release.number).then(setDiff, (error: unknown) => setState(String(error)));
  };
  const go = () => {
    setState('going');
    rollback.rollback(release.number).then(
      () => dialog.current?.close(),
      (error: unknown) => setState(error instanceof Error ? error.message : String(error)),
    );
  };
  const title = `back-${release.number}`;
  return (
    <>
      <button type="button" onClick={ask}>
        Return to release {release.number}…
      </button>
      <dialog ref={dialog} aria-labelledby={title}>
        <h2 id={title}>Return to release {release.number}?</h2>
        <p>
          Its images are in the registry, so nothing is built. Pods are replaced while requests are measured.
          Migrations are not undone.
        </p>
        <Scroll label="What would change">
          {diff === undefined ? <p className="quiet">Comparing…</p> : <Changes changes={diff.changes} />}
        </Scroll>
        {state !== 'asking' && state !== 'going' && (
          <p className="bad" role="alert">
            {state}
          </p>
        )}
        <div className="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            Leave it as it is
          </button>
          <button type="button" className="strong" disabled={state === 'going'} onClick={go}>
            {state === 'going' ? 'On its way…' : `Return to release ${release.number}`}
          </button>
        </div>
      </dialog>
    </>
  );
}
