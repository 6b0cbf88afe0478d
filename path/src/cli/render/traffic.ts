import type { TrafficResult } from '../../core/handover.ts';

/**
 * What requests saw while pods were replaced, in one line:
 * `412 requests at 40/s: none failed; p50 4 ms, p99 31 ms (quiet 22 ms); 96 writes, all there`.
 */
export function trafficText(result: TrafficResult): string {
  const { requests, sent, failed, latency, superseded, writes } = result;
  const behind = Math.abs(sent - result.rate) > result.rate / 20;
  const rate = behind ? `${sent}/s instead of ${result.rate}/s` : `${result.rate}/s`;
  return [
    `${requests} requests at ${rate}: ${failed === 0 ? 'none' : failed} failed${kindsText(result)}`,
    ...(latency === undefined
      ? []
      : [`p50 ${milliseconds(latency.p50)}, p99 ${milliseconds(latency.p99)}${quietText(result)}`]),
    ...(superseded === 0 ? [] : [`${superseded} for files of the page before`]),
    ...(writes === undefined ? [] : [`${writes.acknowledged} writes, ${leftText(writes)}`]),
  ].join('; ');
}

function kindsText({ failures }: TrafficResult): string {
  const kinds = Object.entries(failures).map(([kind, count]) => `${count} ${kind}`);
  return kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
}

function quietText({ quiet }: TrafficResult): string {
  if (quiet.latency === undefined) return '';
  const failed = quiet.failed === 0 ? '' : `, ${quiet.failed} of ${quiet.requests} failed`;
  return ` (quiet ${milliseconds(quiet.latency.p99)}${failed})`;
}

function leftText({ acknowledged, checked, missing, unread }: NonNullable<TrafficResult['writes']>): string {
  const of = checked === acknowledged ? '' : ` of ${checked} looked at`;
  if (missing > 0) return `${missing}${of} missing`;
  if (unread > 0) return `${unread}${of} could not be read again`;
  return checked === acknowledged ? 'all there' : `the ${checked} looked at all there`;
}

function milliseconds(value: number): string {
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ms`;
}
