import { StepFailed } from '../../core/failure.ts';

/** The mirror did not answer, or answered that it can't now: another time it may. */
export class MirrorUnreachable extends StepFailed {}

/** The mirror has this package no longer. */
export class PackageGone extends StepFailed {}
