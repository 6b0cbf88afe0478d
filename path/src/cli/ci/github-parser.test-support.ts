import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

// The package imports JSON without saying so, which Node.js does not take any more.
registerHooks({
  load(url, context, next) {
    if (!/workflow-parser\/dist\/[\w.-]+\.json$/.test(url)) return next(url, context);
    const source = `export default ${readFileSync(fileURLToPath(url), 'utf8')}`;
    return { format: 'module', source, shortCircuit: true };
  },
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
  '@actions/workflow-parser'
);

/** What GitHub's own parser of workflows has against a text, expressions and names of keys included. */
export async function githubErrors(content: string): Promise<readonly string[]> {
  const { context, value } = parseWorkflow({ name: 'ptp.yml', content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}
