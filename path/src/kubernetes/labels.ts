/** The field manager of everything that the path applies. */
export const fieldManager = 'ptp';

/** Labels that say whose an object is. Pruning and comparing go by them. */
export const label = {
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  partOf: 'app.kubernetes.io/part-of',
  project: 'ptp.dev/project',
  /** The step that applies the object, so that no step prunes another's. */
  step: 'ptp.dev/step',
  component: 'ptp.dev/component',
  service: 'ptp.dev/service',
} as const;

/** The selector of all that one step, or every step, applied for a project. */
export function ownedBy(project: string, step?: string): string {
  const parts = [`${label.managedBy}=${fieldManager}`, `${label.project}=${project}`];
  return (step === undefined ? parts : [...parts, `${label.step}=${step}`]).join(',');
}
