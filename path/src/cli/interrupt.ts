/** Where signals come from: `process`, or an emitter in a test. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** A signal that Ctrl-C aborts. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** Leaves the signals to their usual effect again. */
  stop(): void;
}

/**
 * The first Ctrl-C (or SIGTERM) aborts the signal, so that what runs can be left in order; the second ends the
 * process at once with 130. Nothing is lost by either: the next run goes on from where this one was.
 */
export function watchInterrupts(
  source: SignalSource,
  tell: (text: string) => void,
  exit: (code: number) => void,
): Interrupts {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) {
      exit(130);
      return;
    }
    // Aborted first: whoever draws on the screen takes that away before the text comes.
    controller.abort(new DOMException('interrupted', 'AbortError'));
    tell('stopping; run the same command again to go on');
  };
  source.on('SIGINT', listener);
  source.on('SIGTERM', listener);
  return {
    signal: controller.signal,
    stop() {
      source.off('SIGINT', listener);
      source.off('SIGTERM', listener);
    },
  };
}
