import type { CloudTarget } from '../../project/project.ts';

/** What a pipeline is written from. */
export interface PipelineInput {
  /** The system's name. */
  readonly name: string;
  readonly target: string;
  readonly cloud: CloudTarget['kind'];
  /** The folder of ptp.yaml, seen from the repository's root; `.` where it is that. */
  readonly folder: string;
  /** ptp.yaml's own name in there. */
  readonly file: string;
  /** The branch whose commits are released. */
  readonly branch: string;
  /** How ptp is called in that folder: `npx ptp`. */
  readonly command: string;
}

/** A pipeline as a file, and what whoever runs the repository has to set once. */
export interface Pipeline {
  /** Seen from the repository's root. */
  readonly path: string;
  readonly text: string;
  /** Variables that the pipeline reads; none of them is a secret. */
  readonly variables: readonly { readonly name: string; readonly text: string }[];
  /** Whom the cloud is to trust: the subject of the tokens of each job. */
  readonly subjects: readonly { readonly job: 'plan' | 'up'; readonly subject: string }[];
}

/** What each cloud asks tokens of pipelines to be for, unless its own configuration says otherwise. */
export const audiences: Readonly<Record<CloudTarget['kind'], string>> = {
  eks: 'sts.amazonaws.com',
  gke: 'https://iam.googleapis.com/',
  aks: 'api://AzureADTokenExchange',
};

/** What jobs have to be told, by the cloud: names of variables, whether each job has one of its own, what they are. */
export const settings: Readonly<
  Record<
    CloudTarget['kind'],
    readonly { readonly name: string; readonly each: boolean; readonly text: string }[]
  >
> = {
  eks: [{ name: 'AWS_ROLE_ARN', each: true, text: 'the ARN of a role that trusts the pipeline' }],
  gke: [
    {
      name: 'GOOGLE_PROVIDER',
      each: false,
      text: 'the workload identity provider: projects/‹number›/locations/global/workloadIdentityPools/‹pool›/providers/‹name›',
    },
    {
      name: 'GOOGLE_SERVICE_ACCOUNT',
      each: true,
      text: 'the e-mail address of a service account that it may be',
    },
  ],
  aks: [
    { name: 'AZURE_TENANT_ID', each: false, text: 'the tenant' },
    { name: 'AZURE_SUBSCRIPTION_ID', each: false, text: 'the subscription' },
    {
      name: 'AZURE_CLIENT_ID',
      each: true,
      text: 'an application with a federated credential for the pipeline',
    },
  ],
};

/** Planning reads and releasing writes, so each has an identity: `AWS_ROLE_ARN_PLAN`, `AWS_ROLE_ARN_UP`. */
export function variableOf(name: string, each: boolean, job: 'plan' | 'up'): string {
  return each ? `${name}_${job.toUpperCase()}` : name;
}

/** All variables of a cloud's pipelines. */
export function variablesOf(cloud: CloudTarget['kind']): Pipeline['variables'] {
  return settings[cloud].flatMap(({ name, each, text }) =>
    each
      ? (['plan', 'up'] as const).map((job) => ({
          name: variableOf(name, each, job),
          text: `${text}, ${job === 'plan' ? 'with the right to look' : 'with the rights of docs/permissions'}`,
        }))
      : [{ name, text }],
  );
}

/** The call of ptp in a job. */
export function callOf({ command, target, file }: PipelineInput, words: string): string {
  const named = file === 'ptp.yaml' ? '' : ` --file ${file}`;
  return `${command} ${words} --target ${target}${named}`;
}
