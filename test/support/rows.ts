import type { Answer, Door } from './door.ts';

/** A row as the backend shows it. */
export interface Row {
  readonly id: number;
  readonly data: string;
  readonly createdAt: string;
}

/** What a system said it has stored, to be asked for again later. */
export class Rows {
  readonly #kept = new Map<string, Row | undefined>();

  /** How many rows were acknowledged. */
  get count(): number {
    return this.#kept.size;
  }

  /** Expects a row from now on that was acknowledged elsewhere: `/api/<id>`. */
  keep(path: string): void {
    this.#kept.set(path, undefined);
  }

  /** Makes a row and reads it. Throws where the system does not do both. */
  async make(door: Door): Promise<Row> {
    const path = await this.#post(door);
    const row = rowIn(await door.send('GET', path), path);
    this.#kept.set(path, row);
    return row;
  }

  /**
   * Makes rows one after the other while some work goes on. What fails meanwhile is not acknowledged and does not
   * count; what is acknowledged must last.
   */
  async whileWriting<T>(door: Door, work: () => Promise<T>): Promise<T> {
    let writing = true;
    const writer = (async () => {
      while (writing) {
        await this.#post(door).catch(() => pause());
        await pause();
      }
    })();
    try {
      return await work();
    } finally {
      writing = false;
      await writer;
    }
  }

  /**
   * The paths of rows that are gone or differ from what they were; empty where all is well.
   * @param newest how many of the latest to look at, where not at all
   */
  async lost(door: Door, newest = this.count): Promise<readonly string[]> {
    const lost: string[] = [];
    const left = [...this.#kept].slice(Math.max(0, this.count - newest)).values();
    // A few at a time: each is a connection of its own.
    const look = async () => {
      for (const [path, before] of left) {
        const row = await askTwice(door, path)
          .then((answer) => rowIn(answer, path))
          .catch((error: Error) => error);
        if (row instanceof Error) lost.push(row.message);
        else if (before === undefined) this.#kept.set(path, row);
        else if (JSON.stringify(row) !== JSON.stringify(before))
          lost.push(`${path} is ${JSON.stringify(row)}`);
      }
    };
    await Promise.all([look(), look(), look(), look()]);
    return lost;
  }

  /** For when the data was taken away on purpose. */
  forget(): void {
    this.#kept.clear();
  }

  async #post(door: Door): Promise<string> {
    const { status, headers } = await door.send('POST', '/api/');
    if (status !== 201 || headers.location === undefined) throw new Error(`POST /api/ answers ${status}`);
    const path = `/api${new URL(headers.location).pathname}`;
    this.#kept.set(path, undefined);
    return path;
  }
}

/** The row that was asked for by its path. Throws where the answer has another, or none. */
function rowIn({ status, body }: Answer, path: string): Row {
  const id = Number(path.slice('/api/'.length));
  if (status !== 200) throw new Error(`GET ${path} answers ${status}`);
  const row = JSON.parse(body) as Row;
  if (row.id !== id) throw new Error(`GET ${path} has the id ${row.id}`);
  return row;
}

/**
 * A row is lost when the system answers without it. Where no answer came at all that says nothing of the row: it is
 * told, and asked for once more, as users would.
 */
async function askTwice(door: Door, path: string): Promise<Answer> {
  try {
    return await door.send('GET', path);
  } catch (error) {
    console.info(`asked for once more: ${(error as Error).message}`);
    return door.send('GET', path);
  }
}

/** Between two writes, so that the writer leaves the processors to what is tested. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 200));
}
