import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What Alertmanager sends (prometheus.io, "Webhook receiver"), as far as tests look at it. */
export interface Notice {
  readonly status: 'firing' | 'resolved';
  readonly name: string;
  readonly kind: string;
  readonly summary: string;
  readonly runbook: string;
}

interface Message {
  readonly alerts: readonly {
    readonly status: Notice['status'];
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** A server that alerts are sent to; pods reach it at every address of this machine. */
export class Webhook {
  readonly notices: Notice[] = [];
  readonly #heard = new Map<string, number>();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as Message;
        for (const { status, labels, annotations } of alerts) {
          const { alertname: name = '', kind = '' } = labels;
          const { summary = '', runbook = '' } = annotations;
          this.notices.push({ status, name, kind, summary, runbook });
          this.#heard.set(name, performance.now());
        }
        response.end();
      });
  });

  /** Seconds since an alert was last told of; infinite where it never was. */
  silence(name: string): number {
    return (performance.now() - (this.#heard.get(name) ?? Number.NEGATIVE_INFINITY)) / 1000;
  }

  /** Opens it at a port that is free; resolves to the port. */
  async open(): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '0.0.0.0', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
