/* A program in C that uses the library: consumer MODEL IMAGE.tga (uncompressed, 24 bits, from the top). Prints a line.
 */
#include <mddnet.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char* what) {
  fprintf(stderr, "%s: %s\n", what, mddnet_error_text());
  return 1;
}

int main(int argc, char** argv) {
  unsigned char header[18];
  FILE* file = argc == 3 ? fopen(argv[2], "rb") : NULL;
  if (file == NULL || fread(header, 1, sizeof header, file) != sizeof header) return 2;
  const int64_t width = header[12] + 256 * header[13], height = header[14] + 256 * header[15];
  const size_t bytes = (size_t)(3 * width * height);
  unsigned char* pixels = malloc(bytes);
  if (pixels == NULL || fread(pixels, 1, bytes, file) != bytes) return 2;
  fclose(file);

  mddnet_model* model = NULL;
  if (mddnet_open(argv[1], NULL, &model) != MDDNET_OK) return fail("open");
  mddnet_image image = {sizeof image, pixels, width, height, 0, MDDNET_BGR8};
  mddnet_results* results = NULL;
  if (mddnet_predict(model, &image, 1, MDDNET_ALL_MAPS, &results) != MDDNET_OK) return fail("predict");
  mddnet_result result = {.struct_size = sizeof result};
  if (mddnet_results_get(results, 0, &result) != MDDNET_OK) return fail("get");
  printf("%.6f %d %s %d", (double)result.score, result.verdict, result.class_name, (int)result.regions);
  for (size_t i = 0; i < result.regions; ++i) {
    mddnet_region region = {.struct_size = sizeof region};
    if (mddnet_results_region(results, 0, i, &region) != MDDNET_OK) return fail("region");
    printf(" %dx%d+%d+%d", (int)region.width, (int)region.height, (int)region.x, (int)region.y);
  }
  printf("\n");
  mddnet_results_free(results);
  mddnet_close(model);
  free(pixels);
  return 0;
}
