import type { DrillState } from '../../../path/src/core/drill.ts';
import { moment } from '../words.ts';

/** When each drill was last passed. */
export function Drills({ drills }: { readonly drills: readonly DrillState[] }) {
  return (
    <dl className="facts">
      {drills.map(({ drill, summary, results, passed }) => {
        const [last] = results;
        return (
          <div key={drill} className={last !== undefined && last.outcome === 'failed' ? 'wrong' : ''}>
            <dt>
              {drill} <span className="quiet small">{summary}</span>
            </dt>
            <dd>
              <span className="is">
                {passed === undefined ? 'never passed' : `last passed ${moment(passed)}`}
                {last !== undefined && last.outcome !== 'passed'
                  ? `; the last one ${last.outcome === 'failed' ? 'failed' : 'was not possible'}: ${last.text}`
                  : ''}
                {last?.traffic === undefined
                  ? ''
                  : `: ${last.traffic.requests} requests, ${last.traffic.failed} failed`}
              </span>
              <code className="command">ptp drill {drill}</code>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
