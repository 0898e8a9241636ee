# The table of planted faults: a mistake in a real kernel header, the program that runs into it, and what each build
# must say. "wrong" and "mistake" are the programs' own words (faults/program.h).

foreach(program block_sums columns elements)
  planted_program(none_in_${program} ${program} ${CMAKE_SOURCE_DIR} "")
endforeach()

# ---- Barriers --------------------------------------------------------------------------------------------------------

planted_fault(no_barrier_before_the_sums_are_read PROGRAM block_sums HEADER reduce.cuh
  REPLACE [[of_warp[warp] = v;
  __syncthreads();]]
  WITH [[of_warp[warp] = v;]]
  CAUGHT plain "wrong block sum" thread "data race")

planted_fault(no_barrier_before_the_array_is_used_again PROGRAM block_sums HEADER reduce.cuh
  REPLACE [[  __syncthreads();  // the array may still be read by an earlier call]]
  WITH ""
  CAUGHT thread "data race")

planted_fault(no_barrier_between_steps_of_the_tree PROGRAM columns HEADER column_sums.cuh
  REPLACE [[    __syncthreads();
    if (static_cast<int>(threadIdx.y) >= rows) continue;]]
  WITH [[    if (static_cast<int>(threadIdx.y) >= rows) continue;]]
  CAUGHT plain "wrong column sum" thread "data race")

planted_fault(barrier_that_only_some_threads_reach PROGRAM columns HEADER column_sums.cuh
  REPLACE [[    __syncthreads();
    if (static_cast<int>(threadIdx.y) >= rows) continue;]]
  WITH [[    if (static_cast<int>(threadIdx.y) >= rows) continue;
    __syncthreads();]]
  CAUGHT plain "mistake: kernel columns: " address "divergent barrier")

# ---- Bounds ----------------------------------------------------------------------------------------------------------

planted_fault(one_warp_too_many_is_read PROGRAM block_sums HEADER reduce.cuh
  REPLACE [[lane < static_cast<int>(blockDim.x) / kWarp ?]]
  WITH [[lane <= static_cast<int>(blockDim.x) / kWarp ?]]
  CAUGHT plain "wrong block sum")

planted_fault(shared_array_too_short PROGRAM block_sums HEADER reduce.cuh
  REPLACE [[MDDNET_SHARED(T, of_warp, kWarp);]]
  WITH [[MDDNET_SHARED(T, of_warp, kWarp / 16);]]
  CAUGHT address "index 2 out of bounds")

planted_fault(partner_one_row_too_far PROGRAM columns HEADER column_sums.cuh
  REPLACE [[thread + rows * static_cast<int>(blockDim.x)]]
  WITH [[thread + (rows + 1) * static_cast<int>(blockDim.x)]]
  CAUGHT plain "wrong column sum" address "index 512 out of bounds")

planted_fault(one_element_past_the_end PROGRAM elements HEADER elementwise.cuh
  REPLACE [[i < elements; i += stride) body]]
  WITH [[i <= elements; i += stride) body]]
  CAUGHT address "heap-buffer-overflow")

planted_fault(remainder_left_out PROGRAM elements HEADER elementwise.cuh
  REPLACE [[i = packed + thread;]]
  WITH [[i = packed + kPack + thread;]]
  CAUGHT plain "wrong element")

# ---- Warps -----------------------------------------------------------------------------------------------------------

planted_fault(lane_missing_from_the_mask PROGRAM block_sums HEADER reduce.cuh
  REPLACE [[kAllLanes = 0xffffffffu]]
  WITH [[kAllLanes = 0x7fffffffu]]
  CAUGHT plain "lane 31 takes part but is not in the mask")

planted_fault(butterfly_without_its_first_step PROGRAM block_sums HEADER reduce.cuh
  REPLACE [[for (int distance = kWarp / 2; distance > 0; distance /= 2) v +=]]
  WITH [[for (int distance = kWarp / 4; distance > 0; distance /= 2) v +=]]
  CAUGHT plain "wrong block sum")
