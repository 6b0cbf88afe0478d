import { everyComponent } from '../support/component.ts';

/** Compiles what clusters are made of before several of them, side by side, would each do it. */
export default everyComponent;
