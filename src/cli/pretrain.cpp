// mddnet pretrain
#include <fmt/core.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "pretrain/pretrainer.h"

namespace mdd::cli {
namespace {

struct PretrainArguments {
  PretrainOptions pretrain;
  DeviceChoice device;
  bool quiet = false;
};

int run(PretrainArguments& o) {
  const auto backend = open_backend(o.device);
  install_signal_handlers();
  o.pretrain.stop = &stop_requested();
  Progress progress(o.quiet);
  progress.message(backend->description());
  double rate = 0;  // images a second, smoothed
  std::array<double, kHeads> losses{};
  const auto smooth = [](double& value, double fresh) { value = value == 0 ? fresh : 0.98 * value + 0.02 * fresh; };
  const std::int64_t steps = pretrain(*backend, o.pretrain, [&](const PretrainRecord& record) {
    smooth(rate, record.images_per_second);
    for (std::size_t head = 0; head < kHeads; ++head) smooth(losses[head], static_cast<double>(record.losses[head]));
    const double left = static_cast<double>((o.pretrain.steps - record.step) * o.pretrain.data.batch) / rate;
    progress.update(
        record.step, o.pretrain.steps,
        fmt::format("losses {:.3f} {:.3f} {:.3f} norm {:.2f} rate {:.1e} {:.1f} img/s, {} left", losses[0], losses[1],
                    losses[2], record.gradient_norm, record.learning_rate, rate, clock_text(left)));
  });
  progress.message(fmt::format("{} steps done; the encoder is in {}", steps, o.pretrain.out.string()));
  return 0;
}

}  // namespace

void add_pretrain(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("pretrain", "train an encoder on generated pictures only");
  const auto o = std::make_shared<PretrainArguments>();
  PretrainOptions& p = o->pretrain;
  c.add_option("--out", p.out, "the encoder's file (safetensors, f16); FILE.state holds what --resume needs")
      ->required();
  c.add_option("--encoder", p.encoder, "resnet18, resnet34, resnet50 or wide_resnet50_2")->capture_default_str();
  c.add_option("--steps", p.steps)->capture_default_str();
  c.add_option("--batch", p.data.batch, "pictures a step")->capture_default_str();
  c.add_option("--size", p.data.side, "side of the pictures, a multiple of 32 from 64 to 512")->capture_default_str();
  c.add_option("--lr", p.learning_rate, "Adam's learning rate after the warm-up; falls to 0 along half a cosine")
      ->capture_default_str();
  c.add_option("--warmup", p.warmup, "steps")->capture_default_str();
  c.add_option("--save-every", p.save_every, "steps")->capture_default_str();
  c.add_option("--seed", p.data.seed)->capture_default_str()->check(unsigned_number());
  c.add_option("--workers", p.workers, "threads that render pictures")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  c.add_flag("--resume", p.resume, "continue FILE.state");
  c.add_flag("--quiet", o->quiet, "no progress");
  add_device_options(c, o->device);
  c.footer(
      "Example:\n  mddnet pretrain --out encoder.safetensors --steps 20000\n"
      "  mddnet train --data data/made --encoder resnet18 --weights encoder.safetensors --out runs/made");
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
