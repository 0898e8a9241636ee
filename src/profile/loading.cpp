#include "profile/loading.h"

namespace mdd {
namespace {

std::vector<data::TrainingItem> write_pictures(const Problem& problem, const ScratchFolder& folder) {
  std::vector<data::TrainingItem> items;
  for (const data::Image& picture : problem.pictures()) {
    const std::filesystem::path path = folder / (std::to_string(items.size()) + ".png");
    data::save_png(path, picture.height, picture.width, 3, picture.pixels);
    items.push_back(
        {path, static_cast<std::int32_t>(items.size()) % static_cast<std::int32_t>(problem.options().classes)});
  }
  return items;
}

data::LoaderOptions loader_options(const Problem& problem, int workers) {
  data::LoaderOptions options;
  options.size = problem.size().side;
  options.batch_size = problem.size().batch;
  options.seed = problem.seed();
  options.workers = workers;
  options.prefetch = 1;
  options.cache_bytes = 0;
  return options;
}

}  // namespace

LoadingWork::LoadingWork(Backend& backend, const Problem& problem, int workers)
    : folder_("mddnet-bench"),
      preparer_(backend, problem.size().batch, problem.size().side, {}, problem.seed()),
      loader_(write_pictures(problem, folder_), loader_options(problem, workers)) {
  loader_.start(0);
}

void LoadingWork::run() { static_cast<void>(preparer_.prepare(loader_.next())); }

}  // namespace mdd
