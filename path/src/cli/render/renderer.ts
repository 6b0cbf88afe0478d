import type { Event } from '../../core/event.ts';

/** Turns events into text for standard error (or output). Holds what it must remember, prints nothing itself. */
export interface Renderer {
  /** The text for an event. `at`: milliseconds of a clock that never goes back. */
  event(event: Event, at: number): string;
  /** The text for time that went by: only where something moves. */
  tick(at: number): string;
  /** The text that takes away what moves, until the next event or tick: something else is about to be written. */
  pause(): string;
  /** The text that leaves the screen in order when nothing follows. */
  end(at: number): string;
}
