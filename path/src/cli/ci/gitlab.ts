import { stringify } from 'yaml';
import {
  audiences,
  callOf,
  type Pipeline,
  type PipelineInput,
  settings,
  variableOf,
  variablesOf,
} from './pipeline.ts';
import { sealed } from './seal.ts';

/** Has Node.js, npm and git; what else is needed, the jobs install. */
const image = 'node:26.10.0-trixie';

/** A pipeline of GitLab CI: a plan for each merge request, a release for each commit of the branch. */
export function gitlabPipeline(input: PipelineInput): Pipeline {
  const { target, branch } = input;
  const pipeline = {
    stages: ['plan', 'up'],
    workflow: {
      rules: [
        { if: '$CI_PIPELINE_SOURCE == "merge_request_event"' },
        { if: `$CI_COMMIT_BRANCH == "${branch}"` },
      ],
    },
    [`plan ${target}`]: {
      stage: 'plan',
      // A merge request from a fork runs in the fork, which the cloud does not trust.
      rules: [{ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }],
      interruptible: true,
      ...job(input, 'plan', callOf(input, 'plan')),
    },
    [`up ${target}`]: {
      stage: 'up',
      rules: [{ if: `$CI_COMMIT_BRANCH == "${branch}"` }],
      environment: { name: target },
      // One after the other, and none is ended halfway.
      resource_group: `ptp-${target}`,
      interruptible: false,
      ...job(input, 'up', callOf(input, 'up --yes')),
    },
  };
  return {
    path: '.gitlab-ci.yml',
    text: sealed(`ptp ci gitlab --target ${target}`, stringify(pipeline, { lineWidth: 0 })),
    variables: variablesOf(input.cloud),
    subjects: [
      { job: 'plan', subject: 'project_path:‹group›/‹project›:ref_type:branch:ref:*' },
      { job: 'up', subject: `project_path:‹group›/‹project›:ref_type:branch:ref:${branch}` },
    ],
  };
}

function job(input: PipelineInput, name: 'plan' | 'up', call: string) {
  const { cloud, folder } = input;
  const audience = cloud === 'gke' ? 'https://iam.googleapis.com/$GOOGLE_PROVIDER' : audiences[cloud];
  return {
    image,
    timeout: '2h',
    variables: {
      // All commits: releases name them, and a plan compares with the one before.
      GIT_DEPTH: '0',
      PTP_CACHE: '$CI_PROJECT_DIR/.cache/ptp',
      ...Object.fromEntries(
        settings[cloud]
          .filter(({ each }) => each)
          .map(({ name: setting, each }) => [setting, `$${variableOf(setting, each, name)}`]),
      ),
    },
    cache: { key: 'ptp', paths: ['.cache/ptp'] },
    id_tokens: {
      CLOUD_TOKEN: { aud: audience },
      // Whom Sigstore certifies as who signs the images.
      ...(name === 'up' ? { SIGSTORE_ID_TOKEN: { aud: 'sigstore' } } : {}),
    },
    script: [...identity(input), ...(folder === '.' ? [] : [`cd "${folder}"`]), call],
  };
}

/** How a job becomes who its cloud trusts. */
function identity({ cloud }: PipelineInput): readonly string[] {
  const file = 'export CLOUD_TOKEN_FILE="$(mktemp)"; printf %s "$CLOUD_TOKEN" > "$CLOUD_TOKEN_FILE"';
  switch (cloud) {
    case 'eks':
      return [file, 'export AWS_WEB_IDENTITY_TOKEN_FILE="$CLOUD_TOKEN_FILE"'];
    case 'aks':
      return [file, 'export AZURE_FEDERATED_TOKEN_FILE="$CLOUD_TOKEN_FILE"'];
    case 'gke':
      return [
        file,
        'export GOOGLE_APPLICATION_CREDENTIALS="$(mktemp)"',
        // Node.js is there anyway, and writes JSON that nothing in a variable can break.
        `node --eval '${google.replaceAll('\n', ' ')}' > "$GOOGLE_APPLICATION_CREDENTIALS"`,
      ];
  }
}

const google = `const { GOOGLE_PROVIDER, GOOGLE_SERVICE_ACCOUNT, CLOUD_TOKEN_FILE } = process.env;
console.log(JSON.stringify({
type: "external_account",
audience: "//iam.googleapis.com/" + GOOGLE_PROVIDER,
subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
token_url: "https://sts.googleapis.com/v1/token",
service_account_impersonation_url: "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" + GOOGLE_SERVICE_ACCOUNT + ":generateAccessToken",
credential_source: { file: CLOUD_TOKEN_FILE } }))`;
