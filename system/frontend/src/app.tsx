import { type ReactNode, useEffect, useRef } from 'react';
import type { Api } from './api.ts';
import { type Problem, usePage } from './use-page.ts';

/** The page: a button that makes a data, the data that was made last, and the total. */
export function App({ api }: { readonly api: Api }): ReactNode {
  const page = usePage(api);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = [page.rowProblem, page.countProblem].filter((one) => one !== undefined).length;
  const shownBefore = useRef(0);

  useEffect(() => {
    // A "try again" that worked goes away, and the keyboard's place with it: keep the place on the page.
    if (shown < shownBefore.current && document.activeElement === document.body) heading.current?.focus();
    shownBefore.current = shown;
  }, [shown]);

  return (
    <main>
      <h1 ref={heading} tabIndex={-1}>
        Make a data
      </h1>
      <p className="lead">Each click makes one, gives it an id, and keeps it.</p>

      <button type="button" className="make" aria-disabled={page.making} onClick={page.make}>
        {page.making ? 'making a data…' : 'make a data'}
      </button>
      <p role="status" className="news">
        {page.news}
      </p>

      <Trouble problem={page.rowProblem} busy={page.making || page.loadingRow} retry={page.retry} />
      <Trouble problem={page.countProblem} busy={page.counting} retry={page.retry} />

      <section className="facts" aria-label="Result">
        {page.row !== undefined && (
          <>
            <Fact name="the data" value={page.row.data} />
            <Fact name="the data's id" value={String(page.row.id)} />
          </>
        )}
        <Fact name="total datas" value={totalText(page.count, page.counting)} />
      </section>
    </main>
  );
}

function totalText(count: number | undefined, counting: boolean): string {
  if (count !== undefined) return String(count);
  return counting ? 'loading…' : 'unknown';
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <p>
      <span className="name">{name}: </span>
      <span className="value">{value}</span>
    </p>
  );
}

/** The alert is there before there is trouble: only then do all screen readers announce what comes into it. */
function Trouble(props: {
  readonly problem: Problem | undefined;
  readonly busy: boolean;
  retry(problem: Problem): void;
}): ReactNode {
  const { problem, busy, retry } = props;
  return (
    <div className="trouble">
      <div role="alert">{problem !== undefined && <p key={problem.time}>{problem.text}</p>}</div>
      {problem?.retry !== undefined && (
        <button type="button" aria-disabled={busy} onClick={() => retry(problem)}>
          {busy ? 'trying again…' : 'try again'}
        </button>
      )}
    </div>
  );
}
