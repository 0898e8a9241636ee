// The control flow of device code, found out from what its threads did: basic blocks, which follows which, and loops.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace emu {

class ControlFlow {
 public:
  using Place = std::uintptr_t;

  /// The block's number, from 1 on; 0 stands for where threads begin.
  std::size_t number_of(Place block);
  /// A thread went from one block to another.
  void follow(std::size_t from, std::size_t to);

  /// The loops that a block lies in, outermost first. Natural loops: a block from which control jumps back to one that
  /// it can only be reached through, and everything in between. Two jumps back to one block are two loops, one inside
  /// the other, if the first lies on a way to the second but not the other way round; else one.
  const std::vector<std::size_t>& loops_around(std::size_t block);
  /// The loop whose next round this jump begins, or kNone.
  std::size_t loop_of_jump(std::size_t from, std::size_t to);
  static constexpr std::size_t kNone = ~std::size_t{0};

 private:
  using Blocks = std::vector<std::size_t>;
  struct Loop {
    std::size_t first;
    Blocks jumps;              ///< blocks that jump back to the first
    std::vector<bool> inside;  ///< by block
  };

  void find_loops();
  [[nodiscard]] Loop loop_of(std::size_t first, std::size_t last) const;

  std::unordered_map<Place, std::size_t> numbers_;
  std::vector<Blocks> after_{1}, before_{1};
  bool known_ = false;  ///< the loops are up to date
  std::vector<Loop> loops_;
  std::vector<Blocks> around_;
};

}  // namespace emu
