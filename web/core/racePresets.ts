// Questions about nets that race, each with a state that answers it and two sentences of why.
import type { Preset } from './presets.js';

export const racePresets: readonly Preset[] = [];
