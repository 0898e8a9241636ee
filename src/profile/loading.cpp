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

std::unique_ptr<ResidentImages> make_residents(Backend& backend, const Problem& problem) {
  if (!resident_bytes(backend, std::nullopt)) return nullptr;
  return std::make_unique<ResidentImages>(backend, std::ssize(problem.pictures()), problem.size().side,
                                          problem.size().batch, 0);
}

data::LoaderOptions loader_options(const Problem& problem, int workers, const ResidentImages* residents) {
  data::LoaderOptions options;
  options.size = problem.size().side;
  options.batch_size = problem.size().batch;
  options.seed = problem.seed();
  options.workers = workers;
  options.prefetch = 1;
  options.cache_bytes = 0;
  if (residents != nullptr) options.resident = [residents](std::size_t image) { return residents->holds(image); };
  return options;
}

}  // namespace

LoadingWork::LoadingWork(Backend& backend, const Problem& problem, int workers)
    : folder_("mddnet-bench"),
      residents_(make_residents(backend, problem)),
      preparer_(backend, problem.size().batch, problem.size().side, {}, problem.seed(), residents_.get()),
      loader_(write_pictures(problem, folder_), loader_options(problem, workers, residents_.get())) {
  loader_.start(0);
}

void LoadingWork::run() { static_cast<void>(preparer_.prepare(loader_.next())); }

}  // namespace mdd
