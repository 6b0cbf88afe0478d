import { StepFailed, UserMistake } from '../../core/failure.ts';
import type { Acceptance, Stage } from './stages.ts';
import { removal, stages } from './stages.ts';

/** What came of one stage. */
export interface StageResult {
  readonly stage: string;
  readonly ok: boolean;
  readonly seconds: number;
  /** What was seen, or what is wrong. */
  readonly found: string;
}

/** What may be said about a run. */
export interface AcceptOptions {
  /** Leave everything there at the end. */
  readonly keep: boolean;
  /** Milliseconds; never goes back. */
  monotonic(): number;
  /** Is told of each stage before it begins and after it. */
  onStage(stage: string, result?: StageResult): void;
}

/**
 * Tries everything on a target that has nothing of the project yet, and takes it away again. The first stage that fails
 * is the last one but the removal.
 * @throws UserMistake where the project runs there already; the signal's reason when it is aborted
 */
export async function accept(
  acceptance: Acceptance,
  options: AcceptOptions,
): Promise<readonly StageResult[]> {
  await refuseWhatRuns(acceptance);
  const results: StageResult[] = [];
  for (const stage of stages) {
    const result = await tried(acceptance, stage, options);
    results.push(result);
    if (!result.ok) break;
  }
  if (!options.keep) results.push(await tried(acceptance, removal, options));
  return results;
}

async function refuseWhatRuns({ actions, project, session }: Acceptance): Promise<void> {
  const { cluster, release } = await actions.status(project, session);
  if (cluster.state === 'absent') return;
  const what =
    release === undefined
      ? `the cluster of target ${project.target.name} is there already (${cluster.state})`
      : `release ${release.number} runs on target ${project.target.name}`;
  throw new UserMistake({
    what: `${what}: acceptance ends by deleting all of it`,
    next: 'Give it a target of its own in ptp.yaml, or run `ptp down --data` first.',
  });
}

async function tried(
  acceptance: Acceptance,
  stage: Stage,
  { monotonic, onStage }: AcceptOptions,
): Promise<StageResult> {
  const began = monotonic();
  onStage(stage.name);
  const ended = (ok: boolean, found: string): StageResult => {
    const result = { stage: stage.name, ok, seconds: (monotonic() - began) / 1000, found };
    onStage(stage.name, result);
    return result;
  };
  try {
    return ended(true, await stage.run(acceptance));
  } catch (error) {
    acceptance.session.signal.throwIfAborted();
    return ended(false, wordsOf(error));
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof UserMistake || error instanceof StepFailed)
    return error.problems.map(({ what }) => what).join('; ');
  return error instanceof Error ? error.message : String(error);
}
