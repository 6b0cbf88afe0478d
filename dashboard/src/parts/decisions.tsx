import type { Decision } from '../../../path/src/explain/decisions.ts';
import { Prose } from './prose.tsx';

/** The pages of docs/decisions, with what made each necessary. */
export function Decisions({ decisions }: { readonly decisions: readonly Decision[] }) {
  return (
    <ol className="decisions">
      {decisions.map(({ number, title, file, context }) => (
        <li key={number} value={number}>
          <p>
            <strong>
              <Prose text={title} />
            </strong>{' '}
            <code className="quiet small">{file}</code>
          </p>
          <p className="quiet">
            <Prose text={context} />
          </p>
        </li>
      ))}
    </ol>
  );
}
