import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/** The client sent more than it may. */
export class BodyTooLarge extends Error {
  constructor() {
    super('The request body is larger than allowed.');
    this.name = 'BodyTooLarge';
  }
}

/**
 * A request's body on its way to the upstream.
 *
 * The upstream client destroys the body it was given when something fails. A request of `node:http` takes its
 * connection down with it, and no answer could be sent any more: hence this stream in between. It reads from
 * the request only once it is read itself, so a body that was never asked for can still be sent elsewhere.
 *
 * When it is destroyed before its end, what the client still sends is read and thrown away. If it stayed where
 * it is, the next request on the connection would wait behind it; and closing the connection with unread bytes
 * resets it, by which a client that is still sending loses the answer (RFC 9112 section 9.6).
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  readonly #limit: number;
  readonly #onStart: () => void;
  readonly #onProgress: () => void;
  #received = 0;
  #started = false;
  /** Whether the upstream takes no more at the moment: then it, not the client, is the slow one. */
  held = false;

  /**
   * @param request where the body comes from
   * @param limit most bytes it may have
   * @param onStart called when the upstream first asks for it
   * @param onProgress called for each piece and at the end
   */
  constructor(request: IncomingMessage, limit: number, onStart: () => void, onProgress: () => void) {
    super();
    this.#onStart = onStart;
    this.#request = request;
    this.#limit = limit;
    this.#onProgress = onProgress;
  }

  /** Whether anything was taken from the request: then it cannot be sent a second time. */
  get started(): boolean {
    return this.#started;
  }

  override _read(): void {
    this.held = false;
    if (!this.#started) {
      this.#started = true;
      this.#onStart();
      this.#request.on('data', this.#onData);
      this.#request.on('end', this.#onEnd);
    }
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    if (this.#started) this.#request.resume();
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length;
    if (this.#received > this.#limit) {
      this.destroy(new BodyTooLarge());
      return;
    }
    this.#onProgress();
    if (!this.push(chunk)) {
      this.held = true;
      this.#request.pause();
    }
  };

  readonly #onEnd = (): void => {
    this.#onProgress();
    this.push(null);
  };
}
