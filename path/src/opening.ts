import type { Route } from './core/handover.ts';
import type { Context } from './effects/context.ts';
import { findDoor } from './prove/door.ts';
import { routeNow } from './route/step.ts';

/** The way to the version that serves now; undefined where none does. What is wrong with it is told by those who open it. */
export async function openDoor(
  context: Context,
  given: Parameters<typeof routeNow>[1],
): Promise<Route | undefined> {
  const route = await routeNow(context, given);
  return route === undefined ? undefined : (await findDoor({ ...context, emit: () => {} }, route)).route;
}
