// RUN: not ptq-opt %s --ptq-insert-observers=observers=median 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not ptq-opt %s --ptq-insert-observers=observers= 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not ptq-opt %s --ptq-insert-observers=observers=output_error 2>&1 | FileCheck %s --check-prefix=ERROR
// RUN: not ptq-opt %s --ptq-insert-observers=momentum=2 2>&1 | FileCheck %s --check-prefix=MOMENTUM
// RUN: not ptq-opt %s --ptq-insert-observers=skip-positions=-1 2>&1 | FileCheck %s --check-prefix=SKIP
// RUN: not ptq-opt %s --ptq-insert-observers=recipe=w3 2>&1 | FileCheck %s --check-prefix=RECIPE

// NAME: error: expects observers to be all or some of minmax, moving_average, absmax, channel_absmax, token_absmax, mean, mean_abs, mean_square, histogram, gram, output_error, but got 'median'
// NONE: error: expects an observer, but got none
// ERROR: error: expects observers of one tensor, but got output_error
// MOMENTUM: error: expects a momentum in (0, 1], but got 2
// SKIP: error: expects skip-positions not to be negative, but got -1
// RECIPE: error: {{.*}}'w3'
module {}
