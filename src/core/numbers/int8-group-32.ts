// INT8_G32: as INT8_G64, in groups of 32. llama2.c takes it where 64 does not divide the model's width.
import { int8Group } from './int8-group-64.js';

export const int8_group_32 = int8Group(32, 0.006);
