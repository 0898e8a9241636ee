#include "tests/emu/warp.h"

#include <bit>
#include <cstdio>
#include <cstring>

namespace emu {
namespace {

bool same_place(const Meeting& meeting, const char* file, int line) {
  return meeting.line == line && (meeting.file == file || std::strcmp(meeting.file, file) == 0);
}

std::string hexadecimal(unsigned mask) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", mask);
  return text;
}

}  // namespace

const char* name_of(WarpOperation operation) {
  switch (operation) {
    case WarpOperation::kBarrier:
      return "__syncwarp";
    case WarpOperation::kShuffle:
      return "shuffle";
    case WarpOperation::kBallot:
      return "vote";
  }
  return "";
}

std::string lanes_text(unsigned lanes) {
  std::string text;
  for (int first = 0; first < 32; ++first) {
    if ((lanes >> first & 1u) == 0) continue;
    int last = first;
    while (last < 31 && (lanes >> (last + 1) & 1u) != 0) ++last;
    text += (text.empty() ? "" : ", ") + std::to_string(first);
    if (last > first) text += "-" + std::to_string(last);
    first = last;
  }
  return text;
}

Meeting* Warp::arrive(unsigned lane, unsigned mask, WarpOperation operation, const char* file, int line,
                      std::string& problem) {
  const auto stop = [&](const std::string& text) -> Meeting* {
    problem = std::string(name_of(operation)) + " with mask " + hexadecimal(mask) + ": " + text;
    return nullptr;
  };
  if ((mask >> lane & 1u) == 0) return stop("lane " + std::to_string(lane) + " takes part but is not in the mask");
  const unsigned needed = mask & lanes_;
  if ((needed & exited_) != 0) return stop("lane " + lanes_text(needed & exited_) + " of the mask has already exited");
  Meeting* found = nullptr;
  for (unsigned i = 0; i < used_; ++i) {
    Meeting& meeting = meetings_[i];
    if (meeting.mask == needed && meeting.to_leave == 0) {
      found = &meeting;
      break;
    }
    if (found == nullptr && meeting.mask == 0) found = &meeting;
  }
  if (found == nullptr) {
    found = &meetings_[used_];
    found->mask = 0;
    found->to_leave = 0;
    found->token = tokens_ + used_;
    ++used_;
  }
  if (found->mask == 0) {
    found->mask = needed;
    found->arrived = 0;
    found->ballot = 0;
    found->operation = operation;
    found->file = file;
    found->line = line;
  } else if (found->operation != operation ||
             (operation != WarpOperation::kBarrier && !same_place(*found, file, line))) {
    return stop("other lanes of the mask are in a " + std::string(name_of(found->operation)) + " at " + found->file +
                ":" + std::to_string(found->line));
  }
  found->arrived |= 1u << lane;
  if (found->complete()) found->to_leave = static_cast<unsigned>(std::popcount(needed));
  return found;
}

const Meeting* Warp::exit(unsigned lane) {
  exited_ |= 1u << lane;
  for (unsigned i = 0; i < used_; ++i) {
    const Meeting& meeting = meetings_[i];
    if (meeting.mask != 0 && meeting.to_leave == 0 && (meeting.mask >> lane & 1u) != 0) return &meeting;
  }
  return nullptr;
}

const Meeting* Warp::waiting() const {
  for (unsigned i = 0; i < used_; ++i) {
    const Meeting& meeting = meetings_[i];
    if (meeting.mask != 0 && meeting.to_leave == 0) return &meeting;
  }
  return nullptr;
}

}  // namespace emu
