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

// By digest: a tag may be moved to other code, and this job may become who releases.
const checkout = 'actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8';
const cache = 'actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830';
/** What people call these digests. */
const versions: Readonly<Record<string, string>> = { [checkout]: 'v5.0.0', [cache]: 'v4.3.0' };

/** A workflow of GitHub Actions: a plan for each pull request, a release for each commit of the branch. */
export function githubPipeline(input: PipelineInput): Pipeline {
  const { target, branch, folder } = input;
  const workflow = {
    name: `ptp ${target}`,
    on: { pull_request: { branches: [branch] }, push: { branches: [branch] } },
    permissions: {},
    ...(folder === '.' ? {} : { defaults: { run: { 'working-directory': folder } } }),
    jobs: {
      plan: {
        // Pull requests from forks are given no identity, so there is nothing that they could look at.
        if: "github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository",
        concurrency: { group: `ptp-${target}-plan-\${{ github.ref }}`, 'cancel-in-progress': true },
        ...job(input, 'plan', [
          {
            name: 'Say what would change',
            // With its name written out, a failure before the pipe is one of the step.
            shell: 'bash',
            run: [
              'echo \'```\' >> "$GITHUB_STEP_SUMMARY"',
              `${callOf(input, 'plan')} | tee -a "$GITHUB_STEP_SUMMARY"`,
              'echo \'```\' >> "$GITHUB_STEP_SUMMARY"',
              '',
            ].join('\n'),
          },
        ]),
      },
      up: {
        if: `github.event_name == 'push' && github.ref == 'refs/heads/${branch}'`,
        environment: target,
        // One after the other, and none is ended halfway.
        concurrency: { group: `ptp-${target}-up`, 'cancel-in-progress': false },
        ...job(input, 'up', [{ name: 'Release', shell: 'bash', run: callOf(input, 'up --yes') }]),
      },
    },
  };
  return {
    path: `.github/workflows/ptp-${target}.yml`,
    text: sealed(`ptp ci github --target ${target}`, withVersions(stringify(workflow, { lineWidth: 0 }))),
    variables: variablesOf(input.cloud),
    subjects: [
      { job: 'plan', subject: 'repo:‹owner›/‹repository›:pull_request' },
      { job: 'up', subject: `repo:‹owner›/‹repository›:environment:${target}` },
    ],
  };
}

function withVersions(text: string): string {
  return text.replaceAll(/uses: (\S+)/g, (use, action: string) => `${use} # ${versions[action]}`);
}

function job(input: PipelineInput, name: 'plan' | 'up', steps: readonly object[]) {
  return {
    'runs-on': 'ubuntu-24.04',
    'timeout-minutes': 120,
    permissions: { contents: 'read', 'id-token': 'write' },
    env: environment(input, name),
    steps: [
      // Releases name commits, and a plan compares with the one before.
      { uses: checkout, with: { 'fetch-depth': 0, 'persist-credentials': false } },
      {
        uses: cache,
        with: {
          path: '~/.cache/ptp',
          key: `ptp-\${{ runner.os }}-\${{ hashFiles('**/package-lock.json', '**/go.sum') }}`,
          'restore-keys': `ptp-\${{ runner.os }}-`,
        },
      },
      ...identity(input, name),
      ...steps,
    ],
  };
}

function environment({ cloud }: PipelineInput, job: 'plan' | 'up'): Readonly<Record<string, string>> {
  const told = settings[cloud].map(({ name, each }) => [name, `\${{ vars.${variableOf(name, each, job)} }}`]);
  return Object.fromEntries(told);
}

/** How a job becomes who its cloud trusts. Azure's own is asked for by ptp. */
function identity({ cloud }: PipelineInput, job: 'plan' | 'up'): readonly object[] {
  if (cloud === 'aks') return [];
  const name = job === 'plan' ? 'Be who plans' : 'Be who releases';
  const ask = `curl --fail --silent --show-error --header "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN"`;
  if (cloud === 'eks')
    return [
      {
        name,
        shell: 'bash',
        run: [
          'umask 077',
          `${ask} "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${audiences.eks}" | jq --raw-output .value > "$RUNNER_TEMP/token"`,
          'echo "AWS_WEB_IDENTITY_TOKEN_FILE=$RUNNER_TEMP/token" >> "$GITHUB_ENV"',
          '',
        ].join('\n'),
      },
    ];
  return [
    {
      name,
      shell: 'bash',
      // Google's library asks for tokens itself, as often as it needs one (AIP-4117, "URL-sourced credentials").
      run: [
        'umask 077',
        'jq --null-input --arg url "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=https://iam.googleapis.com/$GOOGLE_PROVIDER" --arg token "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" \'{',
        '  type: "external_account",',
        '  audience: "//iam.googleapis.com/\\(env.GOOGLE_PROVIDER)",',
        '  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",',
        '  token_url: "https://sts.googleapis.com/v1/token",',
        '  service_account_impersonation_url: "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/\\(env.GOOGLE_SERVICE_ACCOUNT):generateAccessToken",',
        '  credential_source: {url: $url, headers: {Authorization: "Bearer \\($token)"}, format: {type: "json", subject_token_field_name: "value"}}',
        '}\' > "$RUNNER_TEMP/google.json"',
        'echo "GOOGLE_APPLICATION_CREDENTIALS=$RUNNER_TEMP/google.json" >> "$GITHUB_ENV"',
        '',
      ].join('\n'),
    },
  ];
}
