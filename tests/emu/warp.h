// Warp operations of the emulator: who waits with whom, and what they bring.
#pragma once
#include <array>
#include <string>

#include "tests/emu/include/emulated/device.h"
#include "tests/emu/race_detector.h"

namespace emu {

enum class WarpOperation : unsigned char { kBarrier, kShuffle, kBallot };

/// Lanes of one warp that meet under one mask. It stays with them until the last has taken its result, so that a fast
/// lane which comes by again finds another meeting.
struct Meeting {
  unsigned mask = 0;      ///< lanes that must come; 0: not in use
  unsigned arrived = 0;   ///< lanes that are here
  unsigned to_leave = 0;  ///< lanes that have not taken their result, once all have come
  WarpOperation operation{};
  const char* file = nullptr;
  int line = 0;
  unsigned ballot = 0;
  std::array<Word, 32> values;
  race::Token* token = nullptr;

  [[nodiscard]] bool complete() const { return arrived == mask; }
};

/// One warp of the block that is running.
class Warp {
 public:
  /// `lanes`: those that exist, one bit each; fewer than 32 in the last warp of a ragged block. `tokens`: 32 of them.
  void begin(unsigned lanes, race::Token* tokens) {
    lanes_ = lanes;
    exited_ = 0;
    used_ = 0;
    tokens_ = tokens;
  }

  /// Takes part in an operation. Returns the meeting, complete if this was the last lane to come. Sets `problem` and
  /// returns null if the operation can never be completed.
  Meeting* arrive(unsigned lane, unsigned mask, WarpOperation operation, const char* file, int line,
                  std::string& problem);
  void leave(Meeting& meeting) {
    if (--meeting.to_leave == 0) meeting.mask = 0;
  }
  /// A lane's thread has ended: returns a meeting that now waits for it in vain, or null.
  const Meeting* exit(unsigned lane);
  /// A meeting that is not complete, or null.
  [[nodiscard]] const Meeting* waiting() const;

 private:
  unsigned lanes_ = 0, exited_ = 0;
  unsigned used_ = 0;  ///< meetings from the front that were ever in use in this block
  race::Token* tokens_ = nullptr;
  std::array<Meeting, 32> meetings_;  ///< each in use holds at least one lane that no other holds
};

/// "shuffle", "vote" ...
const char* name_of(WarpOperation operation);
/// "3" or "0-15, 31".
std::string lanes_text(unsigned lanes);

}  // namespace emu
