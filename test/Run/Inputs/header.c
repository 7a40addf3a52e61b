#include "libsums.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  float values[6] = {0, 1, 2, 3, 4, 5};
  ptq_f32_array_2d x = {values, values, 0, {2, 3}, {3, 1}};
  int32_t cells[2] = {0, 0};
  ptq_i32_array_1d cache = {cells, cells, 0, {2}, {1}};
  ptq_sums_results results;
  _mlir_ciface_sums(&results, &x, &cache);
  printf("sum %g\ncount %d\ncache %d %d\n",
         results.result0.aligned[results.result0.offset], (int)results.result1,
         (int)cells[0], (int)cells[1]);
  free(results.result0.allocated);

  float weights[2] = {1, 2};
  ptq_f32_array_1d parameter = {weights, weights, 0, {2}, {1}};
  ptq_f32_array_1d doubled;
  _mlir_ciface_weighs_all(&doubled, &parameter);
  printf("doubled %g %g\n", doubled.aligned[0], doubled.aligned[1]);
  free(doubled.allocated);
  return 0;
}
