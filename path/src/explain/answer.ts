import type { Answer, DecisionLink } from '../core/answer.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Topic } from './topic.ts';

/** A topic's answer for a system as it is. Pure. */
export function answerOf(
  { name, part, question, choice, turnedDown, costs, decisions, facts }: Topic,
  snapshot: Snapshot,
  pages: readonly DecisionLink[],
): Answer {
  return {
    topic: name,
    part,
    question,
    choice: choice(snapshot),
    turnedDown,
    costs: costs(snapshot),
    decisions: decisions.flatMap((number) => linkTo(pages, number) ?? []),
    facts: facts(snapshot),
  };
}

/** The link to a page, without what else is known of it; undefined where there is no such page. */
export function linkTo(pages: readonly DecisionLink[], wanted: number | undefined): DecisionLink | undefined {
  const page = pages.find(({ number }) => number === wanted);
  return page === undefined ? undefined : { number: page.number, title: page.title, file: page.file };
}
