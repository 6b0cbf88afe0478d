import { setTimeout as wait } from 'node:timers/promises';
import { failure } from './failure.ts';

/**
 * Makes a call that may be repeated, again where the service is busy or did not answer, for some seconds.
 * @throws what the call throws, then
 */
export async function persist<Answer>(signal: AbortSignal, call: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      const meaning = failure(error);
      if ((meaning !== 'again' && meaning !== 'unknown') || attempt === 6) throw error;
      await wait(100 * 2 ** attempt, undefined, { signal });
    }
  }
}
