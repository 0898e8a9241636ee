// A sum of many doubles that does not lose the small ones.
#pragma once
#include <cmath>

namespace mdd::eval {

/// Neumaier's summation: the error does not grow with the number of terms.
class CompensatedSum {
 public:
  void add(double term) {
    const double next = sum_ + term;
    lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - next) + term : (term - next) + sum_;
    sum_ = next;
  }
  [[nodiscard]] double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0.0;
  double lost_ = 0.0;
};

}  // namespace mdd::eval
