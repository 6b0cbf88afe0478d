import type { Context } from '../../../effects/context.ts';
import type { Component } from './components.ts';

/** Where a component's programs come from. */
export interface Source {
  readonly name: 'go' | 'release';
  /** Whether it can give anything on this machine; if not, what would have to be there. */
  available(context: Context): Promise<{ readonly ok: boolean; readonly missing?: string }>;
  /** Changes whenever what `obtain` would give does. */
  key(context: Context, component: Component): Promise<string>;
  /**
   * Puts programs into `folder/bin` and documents into folders beside it. `progress` is told the fraction done.
   * @throws StepFailed where it cannot be had
   */
  obtain(
    context: Context,
    component: Component,
    folder: string,
    progress: (fraction: number, text: string) => void,
  ): Promise<void>;
}
