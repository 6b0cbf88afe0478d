import type { Context } from '../../../effects/context.ts';
import { components } from './components.ts';
import type { Obtained } from './obtain.ts';
import { obtainAll } from './obtain-all.ts';

/** Components' files by the component's name, on their way. */
export type ObtainedByName = Pick<ReadonlyMap<string, Promise<Obtained> | undefined>, 'get'>;

/** The components that nothing waits for, obtained when one of them is first asked for. */
export function lately(context: Context): ObtainedByName {
  const late = components.filter((component) => component.late === true);
  let begun: ObtainedByName | undefined;
  return {
    get: (name) => {
      const inOrder = begun === undefined ? obtainAll(context, late) : [];
      begun ??= new Map(late.map((component, index) => [component.name, inOrder[index]]));
      return begun.get(name);
    },
  };
}
