// The container that torch.save writes since PyTorch 1.6: a zip with one folder ROOT (any name) that holds
//   ROOT/data.pkl     the saved object; tensors in it name storages by key
//   ROOT/data/KEY     the elements of one storage
//   ROOT/byteorder    "little" or "big"; absent in older files, which are little-endian
// and entries of no interest here (version, .data/serialization_id ...). torch.save never compresses; neither do we
// accept it, so that no entry can grow beyond the file.
#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <zip.h>

#include "core/error.h"
#include "weights/formats.h"
#include "weights/pickle.h"
#include "weights/torch_archive.h"
#include "weights/untrusted.h"

namespace mdd::weights {
namespace {

/// libzip's handle and the entries of the archive, by name.
class Zip {
 public:
  struct Entry {
    zip_uint64_t index = 0;
    std::uint64_t bytes = 0;
  };

  explicit Zip(const std::filesystem::path& path) : where_(path.string()) {
    int code = 0;
    handle_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (!handle_) {
      zip_error_t error;
      zip_error_init_with_code(&error, code);
      const std::string reason = zip_error_strerror(&error);
      zip_error_fini(&error);
      fail(ErrorKind::kData, where_ + ": damaged zip archive: " + reason);
    }
    list_entries();
  }

  [[nodiscard]] const std::map<std::string, Entry>& entries() const { return entries_; }

  [[nodiscard]] const Entry& entry(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) fail(ErrorKind::kData, where_ + ": entry " + printable(name) + " is missing");
    return found->second;
  }

  /// Bytes of an entry from `offset` on. Reading to its end also verifies its checksum, if it is read from the start.
  void read(const std::string& name, std::uint64_t offset, std::span<std::byte> out) const {
    const std::lock_guard lock(mutex_);
    const Entry& from = entry(name);
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(handle_.get(), from.index, 0),
                                                                 &zip_fclose);
    if (!file) fail(ErrorKind::kData, where_ + ": entry " + printable(name) + ": " + zip_strerror(handle_.get()));
    const auto refuse = [&] {
      fail(ErrorKind::kData,
           where_ + ": entry " + printable(name) + " cannot be read: " + zip_file_strerror(file.get()));
    };
    const bool to_the_end = offset + out.size() == from.bytes;
    if (offset > 0 && zip_fseek(file.get(), static_cast<zip_int64_t>(offset), SEEK_SET) != 0) refuse();
    while (!out.empty()) {
      const zip_int64_t got = zip_fread(file.get(), out.data(), out.size());
      if (got <= 0) refuse();
      out = out.subspan(static_cast<std::size_t>(got));
    }
    std::byte beyond{};
    if (to_the_end && zip_fread(file.get(), &beyond, 1) != 0) refuse();  // libzip compares the checksum at the end
  }

  [[nodiscard]] std::string text(const std::string& name, std::uint64_t limit) const {
    const std::uint64_t bytes = entry(name).bytes;
    if (bytes > limit) {
      fail_data(where_ + ": entry " + printable(name), "size", "at most " + std::to_string(limit) + " bytes",
                std::to_string(bytes));
    }
    std::string out(static_cast<std::size_t>(bytes), '\0');
    read(name, 0, std::as_writable_bytes(std::span(out)));
    return out;
  }

 private:
  struct Close {
    void operator()(zip_t* handle) const { zip_discard(handle); }
  };

  void list_entries() {
    const zip_int64_t count = zip_get_num_entries(handle_.get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      const auto index = static_cast<zip_uint64_t>(i);
      zip_stat_t status;
      if (zip_stat_index(handle_.get(), index, ZIP_FL_ENC_RAW, &status) != 0) {
        fail(ErrorKind::kData, where_ + ": damaged zip archive: " + zip_strerror(handle_.get()));
      }
      const std::string entry_where = where_ + ": entry " + printable(status.name);
      if (status.comp_method != ZIP_CM_STORE || status.encryption_method != ZIP_EM_NONE ||
          status.size != status.comp_size) {
        fail_data(entry_where, "how it is packed", "stored, as torch.save does", "compressed or encrypted");
      }
      if (!entries_.emplace(status.name, Entry{index, status.size}).second) {
        fail(ErrorKind::kData, entry_where + " appears twice");
      }
    }
  }

  std::string where_;
  std::unique_ptr<zip_t, Close> handle_;
  std::map<std::string, Entry> entries_;
  mutable std::mutex mutex_;  ///< libzip's handle is not for several threads
};

class TorchZipArchive final : public TorchArchive {
 public:
  TorchZipArchive(std::filesystem::path path, StateDict dict, std::unique_ptr<Zip> zip, std::string root)
      : TorchArchive(std::move(path), std::move(dict)), zip_(std::move(zip)), root_(std::move(root)) {}

  std::string_view format() const override { return "pytorch-zip"; }

 private:
  void read_storage(const std::string& key, std::uint64_t offset, std::span<std::byte> out) const override {
    zip_->read(root_ + "data/" + key, offset, out);
  }

  std::unique_ptr<Zip> zip_;
  std::string root_;
};

/// "ROOT/", from the only entry ROOT/data.pkl.
std::string find_root(const std::string& where, const Zip& zip) {
  constexpr std::string_view kPickle = "data.pkl";
  std::string root;
  for (const auto& [name, entry] : zip.entries()) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos || name.substr(slash + 1) != kPickle) continue;
    if (!root.empty()) fail(ErrorKind::kData, where + ": two folders hold a data.pkl");
    root = name.substr(0, slash + 1);
  }
  if (root.empty()) fail(ErrorKind::kData, where + ": a zip archive without data.pkl; torch.save did not write it");
  return root;
}

}  // namespace

std::unique_ptr<TensorArchive> open_torch_zip(InputFile file) {
  const std::string where = file.path().string();
  auto zip = std::make_unique<Zip>(file.path());
  const std::string root = find_root(where, *zip);
  if (zip->entries().contains(root + "byteorder") && zip->text(root + "byteorder", 16) != "little") {
    fail(ErrorKind::kData, where + ": written on a big-endian machine, which is not supported");
  }
  const std::string text = zip->text(root + "data.pkl", pickle::kMaxBytes);
  pickle::ByteStream stream(where, 0, text.size(), [&](std::uint64_t offset, std::span<std::byte> out) {
    std::copy_n(std::as_bytes(std::span(text)).begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  });
  const pickle::Pickle saved = pickle::load(stream);
  StateDict dict = read_state_dict(where, *saved.root, file.size());
  for (const auto& [key, storage] : dict.storages) {
    const Zip::Entry& entry = zip->entry(root + "data/" + key);
    if (entry.bytes != storage.bytes()) {
      fail_data(where + ": storage " + printable(key), "size", std::to_string(storage.bytes()) + " bytes",
                std::to_string(entry.bytes));
    }
  }
  return std::make_unique<TorchZipArchive>(file.path(), std::move(dict), std::move(zip), root);
}

}  // namespace mdd::weights
