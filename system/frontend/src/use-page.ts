import { type RefObject, useCallback, useEffect, useReducer, useRef } from 'react';
import { addressWithId, idOfAddress } from './address.ts';
import type { Api, Row } from './api.ts';
import { makingFailed, reason } from './words.ts';

/** Something that went wrong and is told until it is mended. */
export interface Problem {
  readonly text: string;
  /** Differs each time, so that the same words are announced again. */
  readonly time: number;
  /** What trying again means; absent where it would not help. */
  readonly retry?:
    | { readonly kind: 'make' }
    | { readonly kind: 'show'; readonly id: number }
    | { readonly kind: 'count' };
}

/** All that the page shows. */
export interface PageState {
  readonly row: Row | undefined;
  readonly rowProblem: Problem | undefined;
  readonly loadingRow: boolean;
  /** A data is being made or, after that, fetched. */
  readonly making: boolean;
  readonly count: number | undefined;
  readonly countProblem: Problem | undefined;
  readonly counting: boolean;
  /** What just happened, in words. */
  readonly news: string;
}

export interface Page extends PageState {
  make(): void;
  retry(problem: Problem): void;
}

const start: PageState = {
  row: undefined,
  rowProblem: undefined,
  loadingRow: false,
  making: false,
  count: undefined,
  countProblem: undefined,
  counting: true,
  news: '',
};

/** What the page shows and can do. The data that was made last is kept in the page's address. */
export function usePage(api: Api): Page {
  const [state, change] = useReducer(
    (before: PageState, changes: Partial<PageState>): PageState => ({ ...before, ...changes }),
    start,
  );
  const rowTurn = useRef(new AbortController());
  const countTurn = useRef(new AbortController());
  // Two clicks may come before the page is drawn anew: the state alone would let both through.
  const making = useRef(false);

  const count = useCallback(
    async (known: boolean): Promise<void> => {
      const signal = nextTurn(countTurn);
      change({ counting: true });
      const result = await api.count(signal);
      if (signal.aborted) return;
      if (result.ok) return change({ counting: false, count: result.value, countProblem: undefined });
      const what = known ? 'The total could not be brought up to date.' : 'The total could not be loaded.';
      change({
        counting: false,
        countProblem: problem(`${what} ${reason(result.failure)}`, { kind: 'count' }),
      });
    },
    [api],
  );

  const show = useCallback(
    async (id: number, made: boolean): Promise<void> => {
      const signal = nextTurn(rowTurn);
      change({ loadingRow: true, ...(made ? {} : { news: `Loading the data with the id ${id}…` }) });
      const result = await api.row(id, signal);
      if (signal.aborted) return;
      if (result.ok) {
        const news = made ? `Made the data with the id ${id}.` : `Loaded the data with the id ${id}.`;
        return change({ loadingRow: false, row: result.value, rowProblem: undefined, news });
      }
      const gone = result.failure.kind === 'missing' && !made;
      const text = gone
        ? `There is no data with the id ${id}.`
        : `The data with the id ${id} ${made ? 'was made, but' : ''} could not be shown. ${reason(result.failure)}`;
      const again = gone ? undefined : ({ kind: 'show', id } as const);
      change({ loadingRow: false, rowProblem: problem(text.replace('  ', ' '), again), news: '' });
    },
    [api],
  );

  const make = useCallback(
    async (again: boolean): Promise<void> => {
      if (making.current) return;
      making.current = true;
      const signal = nextTurn(rowTurn);
      // What is tried again stays until it works: a "try again" that vanished would take the keyboard's place along.
      const fresh = again ? {} : { rowProblem: undefined };
      change({ making: true, loadingRow: false, news: 'Making a data…', ...fresh });
      const result = await api.make(signal);
      if (signal.aborted) {
        making.current = false;
        return;
      }
      if (result.ok) {
        history.replaceState(history.state, '', addressWithId(location.href, result.value));
        void count(true);
        await show(result.value, true);
        making.current = false;
        return change({ making: false });
      }
      making.current = false;
      // After an answer that says "made", trying again would make another.
      const retry = result.failure.kind === 'malformed' ? undefined : ({ kind: 'make' } as const);
      change({ making: false, rowProblem: problem(makingFailed(result.failure), retry), news: '' });
      void count(true);
    },
    [api, count, show],
  );

  useEffect(() => {
    void count(false);
    const id = idOfAddress(location.search);
    if (id === 'invalid') change({ rowProblem: problem('The id in this page’s address is not valid.') });
    else if (id !== undefined) void show(id, false);
    return () => {
      rowTurn.current.abort();
      countTurn.current.abort();
    };
  }, [count, show]);

  return {
    ...state,
    make: () => void make(false),
    retry: ({ retry }) => {
      if (retry?.kind === 'make') void make(true);
      else if (retry?.kind === 'show' && !state.loadingRow && !state.making) void show(retry.id, false);
      else if (retry?.kind === 'count' && !state.counting) void count(state.count !== undefined);
    },
  };
}

/** Ends the call before, so that an old answer never overwrites a newer one. */
function nextTurn(turn: RefObject<AbortController>): AbortSignal {
  turn.current.abort();
  turn.current = new AbortController();
  return turn.current.signal;
}

function problem(text: string, retry?: Problem['retry']): Problem {
  return { text, time: performance.now(), ...(retry === undefined ? {} : { retry }) };
}
