import type { Renderer } from './renderer.ts';

/** One JSON object a line, for programs: every event just as the steps told it. */
export function jsonRenderer(): Renderer {
  return {
    event: (event) => `${JSON.stringify(event)}\n`,
    tick: () => '',
    pause: () => '',
    end: () => '',
  };
}
