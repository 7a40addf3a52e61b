/* Calls compiled(x), a function with RESULTS results of two dimensions: x.raw
 * to y0.raw, y1.raw, .. of the folder that is its argument. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
  float *allocated;
  float *aligned;
  int64_t offset;
  int64_t sizes[2];
  int64_t strides[2];
} Array;

void _mlir_ciface_compiled(Array *results, Array *x);

static FILE *openFile(const char *folder, const char *name, const char *mode) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  FILE *file = fopen(path, mode);
  if (!file) {
    perror(path);
    exit(1);
  }
  return file;
}

int main(int argc, char **argv) {
  static float values[ROWS * DEPTH];
  static Array results[RESULTS];
  Array x = {values, values, 0, {ROWS, DEPTH}, {DEPTH, 1}};
  if (argc != 2)
    return 2;
  FILE *file = openFile(argv[1], "x.raw", "rb");
  if (fread(values, sizeof(float), ROWS * DEPTH, file) != ROWS * DEPTH)
    return 1;
  fclose(file);
  _mlir_ciface_compiled(results, &x);
  for (int i = 0; i < RESULTS; ++i) {
    char name[16];
    snprintf(name, sizeof(name), "y%d.raw", i);
    file = openFile(argv[1], name, "wb");
    fwrite(results[i].aligned + results[i].offset, sizeof(float),
           results[i].sizes[0] * results[i].sizes[1], file);
    fclose(file);
  }
  return 0;
}
