import type { TrafficResult, TrafficSnapshot } from '../core/handover.ts';
import type { Order } from './generate.ts';

/** What the thread that sends the requests is given when it starts. */
export interface Start extends Order {
  /** Milliseconds from one snapshot to the next. */
  readonly every: number;
  /** How many requests make the quiet before the change. */
  readonly quiet: number;
}

/** What that thread is told. */
export type Told = 'change' | { readonly stop: { readonly drained: boolean } };

/** What it tells. */
export type Tells =
  | { readonly kind: 'started' }
  /** It measures nothing, since the system does not serve. */
  | { readonly kind: 'silent'; readonly why: string }
  /** The first so many requests are over. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'seen'; readonly snapshot: TrafficSnapshot }
  | { readonly kind: 'whole'; readonly result: TrafficResult };
