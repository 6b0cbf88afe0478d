import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes, the longest first: whatever else there is fits beside them. */
const long = ['path', 'trouble', 'alerts', 'several-nodes'].map((name) => `end-to-end/${name}`);

/** Begins with the files that take longest, also on a machine that has never run them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const weight = ({ moduleId }: TestSpecification) => {
      const found = long.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
      return found === -1 ? long.length : found;
    };
    return (await super.sort(files)).toSorted((one, other) => weight(one) - weight(other));
  }
}
