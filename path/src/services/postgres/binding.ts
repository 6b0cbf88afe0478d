import type { Binding } from '../../core/handover.ts';
import { hashOf } from '../../kubernetes/hash.ts';
import { label } from '../../kubernetes/labels.ts';
import { originAnnotation, type ServiceInput } from '../service.ts';
import { postgresPort } from './credentials.ts';

/** What components are told: the Secret to mount, and a revision of its content that cannot be turned back. */
export function postgresBinding({ project, service, binding }: ServiceInput): Binding {
  const origin = binding.metadata.annotations?.[originAnnotation];
  return {
    name: service.name,
    secret: binding.metadata.name,
    revision: hashOf(binding.data),
    ...(origin === undefined ? {} : { origin }),
    selector: podLabels(project.name, service.name),
    port: postgresPort,
  };
}

/** The labels of the service's pods. */
export function podLabels(project: string, service: string): Readonly<Record<string, string>> {
  return { [label.name]: service, [label.instance]: project, [label.service]: service };
}
