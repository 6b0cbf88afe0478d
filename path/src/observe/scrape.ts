import { label } from '../kubernetes/labels.ts';
import type { Project } from '../project/project.ts';

/** How many series one pod may show: a label that grows without end must not take the memory of all. */
const seriesLimit = 3000;

/**
 * What Prometheus looks at for a project: the management port of each of its pods (prometheus.io, "scrape_config"). An
 * application without `/metrics` has no figures of its own and is watched from outside all the same.
 */
export function scrapeConfigs({ name, target }: Pick<Project, 'name' | 'target'>): readonly unknown[] {
  const pod = '__meta_kubernetes_pod';
  return [
    {
      job_name: `${name}/components`,
      sample_limit: seriesLimit,
      kubernetes_sd_configs: [
        {
          role: 'pod',
          namespaces: { names: [target.namespace] },
          selectors: [{ role: 'pod', label: `${label.project}=${name},${label.component}` }],
        },
      ],
      relabel_configs: [
        { source_labels: [`${pod}_container_port_name`], regex: 'management', action: 'keep' },
        { source_labels: [`${pod}_phase`], regex: 'Running', action: 'keep' },
        { source_labels: [`${pod}_label_ptp_dev_component`], target_label: 'component' },
        { source_labels: [`${pod}_name`], target_label: 'instance' },
        { target_label: 'project', replacement: name },
      ],
      metric_relabel_configs: [
        {
          source_labels: ['__name__'],
          // Many series that no rule and no dashboard asks for.
          regex: 'nodejs_(gc_duration_seconds|heap_space_size|active_).*',
          action: 'drop',
        },
      ],
    },
  ];
}
