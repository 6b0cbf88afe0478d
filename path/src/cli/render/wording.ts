import type { Change, Event, Progress, VulnerabilitiesLookedUp } from '../../core/event.ts';
import { bytes, clean, duration, remaining, shortDigest } from './look.ts';
import { planCount } from './plan-lines.ts';
import { trafficText } from './traffic.ts';

/** What an event says in one line, without the step's name. Undefined: not worth a line by itself. */
export function wording(event: Exclude<Event, { readonly kind: 'warning' }>): string | undefined {
  switch (event.kind) {
    case 'step-started':
      return clean(event.text);
    case 'step-done':
      return `${clean(event.text)} (${duration(event.seconds)})`;
    case 'progress':
      return progressText(event);
    case 'task-done':
      return `${clean(event.task)}: ${clean(event.text)} (${duration(event.seconds)})`;
    case 'image-ready':
      return `${event.image} ${shortDigest(event.digest)} ${bytes(event.size)}, ${clean(event.why)} (${duration(event.seconds)})`;
    case 'image-published':
      return event.bytes === 0
        ? `${clean(event.reference)} was there already`
        : `${clean(event.reference)} sent, ${bytes(event.bytes)} in ${event.uploaded} blobs`;
    case 'vulnerabilities-looked-up':
      return event.looked ? foundText(event) : `${event.packages} packages, not looked up`;
    case 'credentials-looked-for': {
      const open = event.findings.filter(({ reason }) => reason === undefined).length;
      const found =
        open === 0
          ? 'no credential'
          : `${open} ${open === 1 ? 'that looks like a credential' : 'that look like credentials'}`;
      return `${event.files} files (${event.read} read), ${found}`;
    }
    case 'object-applied':
      return event.change === 'unchanged' ? undefined : `${clean(event.object)} ${event.change}`;
    case 'planned':
      return `plan: ${planCount(event.changes, event.migrations)}`;
    case 'traffic-measured':
      return trafficText(event.result);
    case 'note':
      return clean(event.text);
  }
}

/** `212 packages, 3 known vulnerabilities: 1 high, 2 low`. */
function foundText({ packages, findings }: VulnerabilitiesLookedUp): string {
  const open = findings.filter(({ verdict }) => verdict !== 'accepted');
  const counted = (['critical', 'high', 'medium', 'low', 'unknown'] as const).flatMap((severity) => {
    const count = open.filter((one) => one.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  const accepted = findings.length - open.length;
  const parts = [...counted, ...(accepted === 0 ? [] : [`${accepted} accepted`])];
  const known = parts.length === 0 ? 'no known vulnerability' : `known vulnerabilities: ${parts.join(', ')}`;
  return `${packages} packages, ${known}`;
}

/** `kubernetes: compiling the API server, 42 %, about 3 min left`. */
export function progressText({ task, text, fraction, remaining: left }: Progress): string {
  const parts = [
    `${clean(task)}: ${clean(text)}`,
    ...(fraction === undefined ? [] : [percent(fraction)]),
    ...(left === undefined ? [] : [remaining(left)]),
  ];
  return parts.join(', ');
}

/** `42 %`; never above 100, nor below 0. */
export function percent(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;
}

const changes: readonly Change[] = ['created', 'configured', 'unchanged', 'deleted'];

/** `12 created, 3 unchanged`; empty where nothing was applied. */
export function changesText(counts: ReadonlyMap<Change, number>): string {
  return changes
    .flatMap((change) => {
      const count = counts.get(change) ?? 0;
      return count === 0 ? [] : [`${count} ${change}`];
    })
    .join(', ');
}
