/* MDD-Net as a library: defects in images, from a C interface that stays.
 *
 *   mddnet_model* model = NULL;
 *   mddnet_results* results = NULL;
 *   mddnet_image image = {sizeof image, pixels, width, height, stride, MDDNET_RGB8};
 *   if (mddnet_open("photos.mddnet", NULL, &model) == MDDNET_OK &&
 *       mddnet_predict(model, &image, 1, 0, &results) == MDDNET_OK) {
 *     mddnet_result result = {.struct_size = sizeof result};
 *     mddnet_results_get(results, 0, &result);
 *   }
 *   mddnet_results_free(results);
 *   mddnet_close(model);
 *
 * Errors. Functions that can fail return a status, whose values are the exit codes of the program, and leave a line of
 * text for mddnet_error_text(). What they were to hand over is NULL then. No exception leaves the library; running out
 * of memory is MDDNET_ERROR_RUNTIME, and the model serves as before. (What the library stands on is less patient: where
 * oneDNN, or the JSON reader while a model opens, finds no memory for itself, it ends the process.)
 *
 * Structures. Each begins with struct_size, which the caller sets to sizeof. Later versions append fields and still
 * take, and fill, the shorter structures of programs compiled earlier. A size smaller than this version's is refused.
 *
 * Threads. Every function may be called from any thread. Calls of mddnet_predict on one model run one after the other,
 * behind a mutex of the model; calls on different models run side by side and share nothing. Results belong to nobody
 * but the caller and may be read from several threads. mddnet_close and mddnet_results_free need what they free to be
 * in no other thread's use. On the CPU a prediction uses OpenMP's threads: OMP_NUM_THREADS for each calling thread.
 * After fork() the child must not use models of its parent.
 */
#ifndef MDDNET_H
#define MDDNET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MDDNET_API __attribute__((visibility("default")))
#else
#define MDDNET_API
#endif

#define MDDNET_VERSION_MAJOR 0
#define MDDNET_VERSION_MINOR 1
#define MDDNET_VERSION_PATCH 0
#define MDDNET_VERSION_NUMBER (MDDNET_VERSION_MAJOR * 10000 + MDDNET_VERSION_MINOR * 100 + MDDNET_VERSION_PATCH)

/* Of the library that runs, which need not be the one whose header was compiled: "0.1.0", and as MDDNET_VERSION_NUMBER.
 * Versions of the same major number (while that is 0: of the same minor number) replace each other. */
MDDNET_API const char* mddnet_version(void);
MDDNET_API int mddnet_version_number(void);

typedef int mddnet_status;
enum {
  MDDNET_OK = 0,
  MDDNET_ERROR_RUNTIME = 1, /* out of memory, or a score that is not a number: broken weights */
  MDDNET_ERROR_USAGE = 2,   /* a null pointer, a wrong struct_size, an impossible value */
  MDDNET_ERROR_DATA = 3,    /* a model that is missing, damaged, or of another kind */
  MDDNET_ERROR_DEVICE = 4   /* the device is not there, or lacks the precision */
};

/* One line about the last call of this thread that failed; "" before the first. Stays until the next failure on this
 * thread. */
MDDNET_API const char* mddnet_error_text(void);

/* ---- models ------------------------------------------------------------------------------------------------------ */

typedef struct mddnet_model mddnet_model;

typedef struct mddnet_options {
  size_t struct_size;
  const char* device;         /* "auto" (NULL): a CUDA device if there is one; "cpu", "cuda", "cuda:N" */
  const char* precision;      /* "f32" (NULL), "tf32", "bf16", "f16"; on the CPU f32, or bf16 where it has that */
  double false_positive_rate; /* wanted, 0 to below 1: thresholds are chosen for it; 0.01 */
  int64_t minimum_area;       /* pixels of the image; smaller regions are not listed, verdicts stay; 1 */
  int64_t batch;              /* images that are computed at once, at most: memory grows with it; 16 */
} mddnet_options;

/* Fills in the defaults named above. struct_size: sizeof(mddnet_options). */
MDDNET_API mddnet_status mddnet_options_init(mddnet_options* options, size_t struct_size);

/* path: a file made by `mddnet export`, or the folder of a run. options: NULL for the defaults. */
MDDNET_API mddnet_status mddnet_open(const char* path, const mddnet_options* options, mddnet_model** model);
/* The content of such a file; it is copied. */
MDDNET_API mddnet_status mddnet_open_memory(const void* bytes, size_t size, const mddnet_options* options,
                                            mddnet_model** model);
/* NULL is fine. */
MDDNET_API void mddnet_close(mddnet_model* model);

typedef struct mddnet_model_info {
  size_t struct_size;
  int64_t side;        /* S: images are resized to S x S, and maps are S x S */
  int64_t classes;     /* that the model knows */
  int gives_verdicts;  /* 0: scores and maps only (no thresholds, or several classes and no memory to vote) */
  const char* encoder; /* "resnet18" ...; valid until mddnet_close, as the next */
  const char* device;  /* what it computes on, for people */
} mddnet_model_info;

MDDNET_API mddnet_status mddnet_model_get_info(const mddnet_model* model, mddnet_model_info* info);
/* Name of class 0 .. classes - 1, valid until mddnet_close; NULL for any other number. */
MDDNET_API const char* mddnet_model_class_name(const mddnet_model* model, int64_t index);

/* ---- prediction -------------------------------------------------------------------------------------------------- */

enum { MDDNET_RGB8 = 0, MDDNET_BGR8 = 1, MDDNET_GREY8 = 2 };

/* 8-bit pixels, rows from the top; they are read during the call only. Sides up to 65535, 100 million pixels in all. */
typedef struct mddnet_image {
  size_t struct_size;
  const uint8_t* pixels;
  int64_t width, height;
  int64_t stride; /* bytes from the start of a row to that of the next, at least a row; 0: rows follow each other */
  int64_t format; /* MDDNET_RGB8 ... */
} mddnet_image;

enum {
  MDDNET_ALL_MAPS = 1 /* the two maps that are fused are wanted, too */
};

typedef struct mddnet_results mddnet_results;

/* Judges `count` images (at least 1), in order. They lie images->struct_size bytes apart. flags: 0 or MDDNET_ALL_MAPS.
 */
MDDNET_API mddnet_status mddnet_predict(mddnet_model* model, const mddnet_image* images, size_t count, unsigned flags,
                                        mddnet_results** results);
/* NULL is fine. Results may outlive their model. */
MDDNET_API void mddnet_results_free(mddnet_results* results);
/* As many as there were images. 0 for NULL. */
MDDNET_API size_t mddnet_results_count(const mddnet_results* results);

enum { MDDNET_NORMAL = 0, MDDNET_DEFECT = 1, MDDNET_UNKNOWN = 2 /* no threshold: see gives_verdicts */ };

/* About one image. Pointers are valid until mddnet_results_free. Maps are `side` x `side`, row by row. */
typedef struct mddnet_result {
  size_t struct_size;
  float score;               /* of the fused map */
  int verdict;               /* MDDNET_NORMAL ... */
  int64_t vote;              /* class; -1 without a vote */
  const char* class_name;    /* of the vote; NULL without one */
  size_t classes;            /* elements of class_shares; 0 without memory */
  const float* class_shares; /* of the memory's attention, sum 1; NULL without memory */
  float threshold;           /* of the voted class: the verdict is defect where score > threshold; NaN without one */
  int threshold_resolved; /* 0: the normal images are too few to show the wanted rate; their largest score stands in */
  int threshold_optimistic;       /* 1: they were trained on, the class being too small: expect more false alarms */
  float map_scale;                /* heat maps run from 0 to here: stored with the model, the same for every image */
  size_t threshold_images;        /* normal images behind the threshold */
  size_t regions;                 /* above the threshold, for mddnet_results_region */
  int64_t width, height;          /* of the image */
  int64_t side;                   /* of the maps */
  const float* map;               /* fused and blurred */
  const float* teacher_restored;  /* teacher against restoration decoder, not blurred; NULL unless MDDNET_ALL_MAPS */
  const float* restored_identity; /* restoration against identity decoder, likewise */
} mddnet_result;

MDDNET_API mddnet_status mddnet_results_get(const mddnet_results* results, size_t index, mddnet_result* result);

/* A connected region of the fused map above the threshold, in the image's own pixels. */
typedef struct mddnet_region {
  size_t struct_size;
  int64_t x, y, width, height; /* the smallest box of whole pixels that covers it */
  int64_t peak_x, peak_y;      /* where the map is largest */
  double area;                 /* pixels; a fraction where the map's pixels are no whole multiple */
  float peak, mean;            /* of the map in it */
} mddnet_region;

/* Region 0 .. result.regions - 1 of image `index`, the highest peak first. */
MDDNET_API mddnet_status mddnet_results_region(const mddnet_results* results, size_t index, size_t region,
                                               mddnet_region* out);

#ifdef __cplusplus
}
#endif

#endif
