#include "libtwice.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
  float values[4] = {1, 2, 3, 4};
  ptq_f32_array_1d x = {values, values, 0, {4}, {1}};
  ptq_f32_array_1d y;
  _mlir_ciface_twice(&y, &x);
  for (int i = 0; i < 4; ++i)
    printf("%g ", y.aligned[y.offset + i]);
  printf("\n");
  free(y.allocated);
  return 0;
}
