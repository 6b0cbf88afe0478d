import type { ReactNode } from 'react';

/** A part that is wider, on a narrow screen, than the page is: it scrolls by itself, by the keyboard as well. */
export function Scroll({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached without a pointer
    <section className="scroll" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
