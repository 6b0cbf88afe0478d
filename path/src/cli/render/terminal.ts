import type { Change, Event, Progress, StepName } from '../../core/event.ts';
import { count, planned, stepWidth } from './lines.ts';
import { clean, cut, duration, type Look, styled } from './look.ts';
import { problemLines } from './problem.ts';
import type { Renderer } from './renderer.ts';
import { changesText, progressText, wording } from './wording.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameTime = 100;

/**
 * For people at a terminal: what is done stays as lines; below them one line for each step and task that runs now,
 * drawn anew at every event and tick.
 * @param rows The terminal's height, so that the running lines never scroll.
 */
export function terminalRenderer(look: Look, rows: number): Renderer {
  const running = new Map<StepName, { readonly text: string; readonly since: number }>();
  const tasks = new Map<string, Progress>();
  const counts = new Map<string, Map<Change, number>>();
  let drawn = 0;

  const live = (at: number): readonly string[] => {
    const spinner = frames[Math.floor(at / frameTime) % frames.length] ?? '';
    const lines = [...running].flatMap(([step, { text, since }]) => {
      const seconds = Math.floor((at - since) / 1000);
      const head = `${spinner} ${step.padEnd(stepWidth)}  ${text}${seconds >= 1 ? `  ${duration(seconds)}` : ''}`;
      const below = [...tasks.values()].filter((task) => task.step === step);
      return [head, ...below.map((task) => `  ${spinner} ${progressText(task)}`)];
    });
    const most = Math.max(1, rows - 2);
    const shown =
      lines.length <= most ? lines : [...lines.slice(0, most - 1), `  … and ${lines.length - most + 1} more`];
    return shown.map((line) => styled(look, 'cyan', cut(line, look.columns - 1)));
  };

  const pause = (): string => {
    const erase = drawn === 0 ? '' : `\u001b[${drawn}F\u001b[J`;
    drawn = 0;
    return erase;
  };

  /** Takes the running lines away, writes what stays, and draws them again below it. */
  const redraw = (stays: readonly string[], at: number): string => {
    const erase = pause();
    const lines = live(at);
    drawn = lines.length;
    return erase + [...stays, ...lines].map((line) => `${line}\n`).join('');
  };

  const stays = (event: Event, at: number): readonly string[] => {
    switch (event.kind) {
      case 'step-started':
        running.set(event.step, { text: clean(event.text), since: at });
        return [];
      case 'progress':
        tasks.set(`${event.step}/${event.task}`, event);
        return [];
      case 'object-applied':
        count(counts, event.step, event.change);
        return [];
      case 'task-done':
        tasks.delete(`${event.step}/${event.task}`);
        return [`  ${styled(look, 'green', '✔')} ${styled(look, 'dim', wording(event) ?? '')}`];
      case 'step-done':
        return [doneLine(event)];
      case 'planned':
        return [
          `  ${styled(look, 'dim', wording(event) ?? '')}`,
          ...planned(event, look).map((line) => `  ${line}`),
        ];
      case 'warning':
        return problemLines(event.problem, look, 'warning');
      default:
        return [`  ${styled(look, 'dim', wording(event) ?? '')}`];
    }
  };

  const doneLine = (event: Extract<Event, { readonly kind: 'step-done' }>): string => {
    running.delete(event.step);
    for (const [key, task] of tasks) if (task.step === event.step) tasks.delete(key);
    const applied = changesText(counts.get(event.step) ?? new Map());
    counts.delete(event.step);
    const text = [clean(event.text), ...(applied === '' ? [] : [applied])].join(': ');
    const name = styled(look, 'bold', event.step.padEnd(stepWidth));
    return `${styled(look, 'green', '✔')} ${name}  ${text}  ${styled(look, 'dim', duration(event.seconds))}`;
  };

  return {
    event: (event, at) => redraw(stays(event, at), at),
    tick: (at) => (running.size === 0 && tasks.size === 0 ? '' : redraw([], at)),
    pause,
    end(at) {
      // Whatever still runs when the end comes did not come to its own.
      const broken = [...running].map(([step, { text, since }]) => {
        const seconds = styled(look, 'dim', duration((at - since) / 1000));
        return `${styled(look, 'red', '✘')} ${styled(look, 'bold', step.padEnd(stepWidth))}  ${text}  ${seconds}`;
      });
      running.clear();
      tasks.clear();
      return redraw(broken, at);
    },
  };
}
